#pragma once

#include <string>

#include "base/result.hpp"
#include "model/notification_template.hpp"
#include "model/record.hpp"

namespace healer {

/// An error, with where, when the template with its fields filled in is no JSON (RFC 8259, at most 32 levels
/// deep). One that passes is JSON with every notification.
Result<void> check_json(const NotificationTemplate& body);

/// The template with the notification's fields: valid JSON where check_json() passes, whatever the
/// notification says. What it lacks is an empty text, or 0. No text is longer than 4 KiB, the excerpt 8 KiB.
std::string fill(const NotificationTemplate& body, const Notification& notification);

}  // namespace healer
