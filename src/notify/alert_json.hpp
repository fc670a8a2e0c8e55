#pragma once

#include <string>

#include "base/result.hpp"
#include "model/alert_template.hpp"
#include "model/record.hpp"

namespace healer {

/// An error, with where, when the template with its fields filled in is no JSON (RFC 8259, at most 32 levels
/// deep). One that passes is JSON with every alert.
Result<void> check_json(const AlertTemplate& body);

/// The template with the alert's fields: valid JSON where check_json() passes, whatever the alert says. What
/// it lacks is an empty text, or 0. No text is longer than 4 KiB, the excerpt 8 KiB.
std::string fill(const AlertTemplate& body, const Alert& alert);

}  // namespace healer
