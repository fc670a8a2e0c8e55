#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/record.hpp"

namespace healer {

/// A JSON text with fields of an alert in it, written {{name}}.
///
///   within a string     "{{workload}} is ill"      the text, escaped
///   in a value's place  {"attempt": {{attempt}}}   the value: a number, or a string with its quotes
///
/// The fields: kind, severity, event, title, text, host, workload, project, image, cause, attempt,
/// attempts_allowed, ill_since, ill_for, raised_at, raised_at_unix, incident, alert, dedup_key, route,
/// advice, link, excerpt. Numbers: attempt, attempts_allowed, incident, alert, raised_at_unix. What an alert
/// lacks is an empty text, or 0. No text of an alert can end a string or begin a field.
class AlertTemplate {
 public:
  /// An empty text is the template of every field. InvalidInput: a field that does not exist (named, with the
  /// nearest one and its line), "{{" without "}}", a text that is no JSON once the fields are filled in, or
  /// is larger than 64 KiB.
  static Result<AlertTemplate> parse(std::string_view text);

  /// Valid JSON. No text is longer than 4 KiB in it, the excerpt 8 KiB.
  std::string fill(const Alert& alert) const;

 private:
  struct Part {
    std::string text;    ///< as it is, before the field
    int field = -1;      ///< index of the field after it; -1: none
    bool quoted = true;  ///< within a string
  };
  std::vector<Part> parts_;
};

/// The names of all fields, in the order in which they are documented.
std::vector<std::string_view> alert_template_fields();

}  // namespace healer
