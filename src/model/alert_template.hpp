#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "model/describe.hpp"
namespace healer {

/// What a template may name of an alert, in the order in which docs/alerts.md has it.
BOOST_DEFINE_ENUM_CLASS(AlertField, Kind, Severity, Event, Title, Text, Host, Workload, Project, Image, Cause,
                        Attempt, AttemptsAllowed, IllSince, IllFor, RaisedAt, RaisedAtUnix, Incident,
                        AlertNumber, DedupKey, Route, Advice, Link, Excerpt)

template <>
struct EnumDialect<AlertField> {
  static constexpr std::array texts{EnumText<AlertField>{AlertField::AlertNumber, "alert"}};
};

/// Attempt, AttemptsAllowed, RaisedAtUnix, Incident and AlertNumber are numbers, all others texts.
bool is_number(AlertField field);

/// Every field's name, in order.
std::vector<std::string_view> alert_field_names();

/// A JSON text with fields of an alert in it, written {{name}}.
///
///   within a string     "{{workload}} is ill"      the text, escaped
///   in a value's place  {"attempt": {{attempt}}}   the value: a number, or a string with its quotes
struct AlertTemplate {
  struct Part {
    std::string text;                 ///< as it is, before the field
    std::optional<AlertField> field;  ///< after it; the last part has none
    bool quoted = true;               ///< the field stands within a string
    bool operator==(const Part&) const = default;
  };
  std::vector<Part> parts;
  bool operator==(const AlertTemplate&) const = default;
};
HEALER_DESCRIBE(AlertTemplate::Part, text, field, quoted);
HEALER_DESCRIBE(AlertTemplate, parts);

/// Why a text is no template, for people.
struct TemplateFault {
  std::string reason;   ///< "the field \"worklod\" in line 3 does not exist"
  std::string nearest;  ///< the field that was meant; empty: none is near
};
HEALER_DESCRIBE(TemplateFault, reason, nearest);

/// An empty text is the template of every field. A field that does not exist, "{{" without "}}" and a text
/// that is no UTF-8 are faults; whether it is JSON, check_json() tells (notify/alert_json.hpp).
tl::expected<AlertTemplate, TemplateFault> read_alert_template(std::string_view text);

}  // namespace healer
