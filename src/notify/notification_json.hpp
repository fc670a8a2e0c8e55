#pragma once

#include <string>

#include "base/result.hpp"
#include "model/notification_template.hpp"
#include "model/record.hpp"

namespace healer {

/// An error with its position when the filled template is no JSON (RFC 8259, at most 32 levels deep). A
/// template that passes gives JSON for every notification.
Result<void> check_json(const NotificationTemplate& body);

/// The template with the notification's fields: valid JSON if check_json() passes. A field that the
/// notification lacks is an empty text, or 0. A text has at most 4 KiB, the excerpt 8 KiB.
std::string fill(const NotificationTemplate& body, const Notification& notification);

}  // namespace healer
