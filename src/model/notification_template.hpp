#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "model/describe.hpp"
namespace healer {

/// What a template may name of a notification, in the order in which docs/notifications.md has it.
BOOST_DEFINE_ENUM_CLASS(NotificationField, Kind, Severity, Event, Title, Text, Host, Workload, Project, Image,
                        Cause, Attempt, AttemptsAllowed, UnhealthySince, UnhealthyFor, CreatedAt,
                        CreatedAtUnix, Incident, NotificationNumber, DedupKey, Route, Advice, Link, Excerpt)

template <>
struct EnumDialect<NotificationField> {
  static constexpr std::array texts{
      EnumText<NotificationField>{NotificationField::NotificationNumber, "notification"}};
};

/// Attempt, AttemptsAllowed, CreatedAtUnix, Incident and NotificationNumber are numbers, all others texts.
bool is_number(NotificationField field);

/// Every field's name, in order.
std::vector<std::string_view> notification_field_names();

/// A JSON text with fields of a notification in it, written {{name}}.
///
///   within a string     "{{workload}} is unhealthy"      the text, escaped
///   in a value's place  {"attempt": {{attempt}}}   the value: a number, or a string with its quotes
struct NotificationTemplate {
  struct Part {
    std::string text;                        ///< as it is, before the field
    std::optional<NotificationField> field;  ///< after it; the last part has none
    bool quoted = true;                      ///< the field stands within a string
    bool operator==(const Part&) const = default;
  };
  std::vector<Part> parts;
  bool operator==(const NotificationTemplate&) const = default;
};
HEALER_DESCRIBE(NotificationTemplate::Part, text, field, quoted);
HEALER_DESCRIBE(NotificationTemplate, parts);

/// Why a text is no template, for operators.
struct TemplateFault {
  std::string reason;   ///< "the field \"worklod\" in line 3 does not exist"
  std::string nearest;  ///< the field that was meant; empty: none is near
};
HEALER_DESCRIBE(TemplateFault, reason, nearest);

/// An empty text is the template of every field. A field that does not exist, "{{" without "}}" and a text
/// that is no UTF-8 are faults; whether it is JSON, check_json() tells (notify/notification_json.hpp).
tl::expected<NotificationTemplate, TemplateFault> read_notification_template(std::string_view text);

}  // namespace healer
