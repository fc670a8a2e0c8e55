#include "model/notification_template.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"

namespace healer {
namespace {

std::size_t line_of(std::string_view text, std::size_t at) {
  return 1 + static_cast<std::size_t>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

std::string every_field() {
  std::string text = "{";
  for (const char* name : enum_texts<NotificationField>())
    text += fmt::format("{}\"{}\": {{{{{}}}}}", text.size() == 1 ? "" : ", ", name, name);
  return text + "}";
}

bool is_utf8(std::string_view text) {
  std::string one_line(text);
  for (char& c : one_line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return printable(one_line) == one_line;
}

}  // namespace

bool is_number(NotificationField field) {
  return field == NotificationField::Attempt || field == NotificationField::AttemptsAllowed ||
         field == NotificationField::CreatedAtUnix || field == NotificationField::Incident ||
         field == NotificationField::NotificationNumber;
}

std::vector<std::string_view> notification_field_names() {
  return {enum_texts<NotificationField>().begin(), enum_texts<NotificationField>().end()};
}

tl::expected<NotificationTemplate, TemplateFault> read_notification_template(std::string_view text) {
  const auto fault = [](std::string reason, std::string nearest = {}) {
    return tl::unexpected(TemplateFault{std::move(reason), std::move(nearest)});
  };
  const std::string every = every_field();
  if (trim(text).empty()) text = every;
  if (!is_utf8(text)) return fault("holds bytes that are no UTF-8");
  const std::vector<std::string_view> names = notification_field_names();
  NotificationTemplate made;
  NotificationTemplate::Part part;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!text.substr(i).starts_with("{{")) {
      if (quoted && text[i] == '\\' && i + 1 < text.size())
        part.text += text[i++];
      else if (text[i] == '"')
        quoted = !quoted;
      part.text += text[i];
      continue;
    }
    const auto end = text.find("}}", i);
    if (end == std::string_view::npos)
      return fault(fmt::format("has \"{{{{\" without \"}}}}\" in line {}", line_of(text, i)));
    const std::string_view name = trim(text.substr(i + 2, end - i - 2));
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      return fault(fmt::format("the field \"{}\" in line {} does not exist; fields: {}",
                               clip(printable(name), 60), line_of(text, i), fmt::join(names, ", ")),
                   nearest_name(name, names).value_or(""));
    part.field = enum_of<NotificationField>(name);
    part.quoted = quoted;
    made.parts.push_back(std::exchange(part, NotificationTemplate::Part{}));
    i = end + 1;
  }
  made.parts.push_back(std::move(part));
  return made;
}

}  // namespace healer
