#pragma once

#include <string>

#include "model/alert_template.hpp"
#include "model/record.hpp"

namespace healer {

/// The template with the alert's fields: valid JSON, whatever the alert says. What it lacks is an empty text,
/// or 0. No text is longer than 4 KiB, the excerpt 8 KiB.
std::string fill(const AlertTemplate& body, const Alert& alert);

}  // namespace healer
