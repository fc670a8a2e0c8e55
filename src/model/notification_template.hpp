#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "model/describe.hpp"
namespace healer {

/// The fields that a template may use, in the order of docs/notifications.md.
BOOST_DEFINE_ENUM_CLASS(NotificationField, Kind, Severity, Event, Title, Text, Host, Workload, Project, Image,
                        Cause, Attempt, AttemptsAllowed, UnhealthySince, UnhealthyFor, CreatedAt,
                        CreatedAtUnix, Incident, NotificationNumber, DedupKey, Route, Advice, Link, Excerpt)

template <>
struct EnumDialect<NotificationField> {
  static constexpr std::array texts{
      EnumText<NotificationField>{NotificationField::NotificationNumber, "notification"}};
};

/// Attempt, AttemptsAllowed, CreatedAtUnix, Incident and NotificationNumber are numbers; all others are
/// texts.
bool is_number(NotificationField field);

/// The names of all fields, in order.
std::vector<std::string_view> notification_field_names();

/// A JSON text that contains fields of a notification, written {{name}}.
///
///   within a string     "{{workload}} is unhealthy"      the text, escaped
///   in a value's place  {"attempt": {{attempt}}}   the value: a number, or a string with its quotes
struct NotificationTemplate {
  struct Part {
    std::string text;                        ///< literal text before the field
    std::optional<NotificationField> field;  ///< after the text; the last part has no field
    bool quoted = true;                      ///< the field stands within a JSON string
    bool operator==(const Part&) const = default;
  };
  std::vector<Part> parts;
  bool operator==(const NotificationTemplate&) const = default;
};
HEALER_DESCRIBE(NotificationTemplate::Part, text, field, quoted);
HEALER_DESCRIBE(NotificationTemplate, parts);

/// Why a text is not a template, for operators.
struct TemplateFault {
  std::string reason;   ///< "the field \"worklod\" in line 3 does not exist"
  std::string nearest;  ///< the existing field with the most similar name; empty: none is similar
};
HEALER_DESCRIBE(TemplateFault, reason, nearest);

/// An empty text gives the template with every field. Faults: a field that does not exist, "{{" without "}}",
/// and a text that is not UTF-8. check_json() in notify/notification_json.hpp checks whether it is JSON.
tl::expected<NotificationTemplate, TemplateFault> read_notification_template(std::string_view text);

}  // namespace healer
