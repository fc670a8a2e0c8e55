#include "config/reference.hpp"

#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/channel_settings.hpp"
#include "config/configuration_page.hpp"
#include "config/label_limit_settings.hpp"
#include "config/notification_routes.hpp"
#include "config/prometheus_rules.hpp"
#include "config/setting.hpp"

namespace healer {
namespace {

std::string code(std::string_view text) {
  return text.empty() ? std::string() : fmt::format("`{}`", text);
}

std::string default_of(const SettingInfo& info) {
  if (info.required) return "required";
  return info.default_text.empty() ? std::string("unset") : code(info.default_text);
}

std::string_view accepted_by(const SettingInfo& info) {
  return info.range.empty() ? info.accepted : info.range;
}

std::string settings_table(Scope scope) {
  std::string page =
      fmt::format("| key | variable | {} | default | accepted | meaning |\n|---|---|---|---|---|---|\n",
                  scope == Scope::Workload ? "label" : "flag");
  for (const SettingInfo* info : all_settings())
    if (info->scope == scope)
      page += fmt::format("| {} | {} | {} | {} | {} | {} |\n", code(info->key), code(info->env),
                          code(scope == Scope::Workload ? std::string_view(info->label) : info->flag),
                          default_of(*info), accepted_by(*info), info->description);
  return page;
}

/// The rows of an object of the file. `within`: prefix of each key, such as "match: ".
template <class Target>
std::string object_rows(Table<Target> table, std::string_view within = {}) {
  std::string page;
  for (const Setting<Target>& row : joined<Target>(Scope::Object, {std::move(table)}))
    page += fmt::format("| `{}{}`{} | {} | {} | {} |\n", within, row.info.key,
                        row.info.secret ? fmt::format(", `{}{}_file`", within, row.info.key) : "",
                        default_of(row.info), accepted_by(row.info), row.info.description);
  return page;
}

constexpr std::string_view object_head = "| key | default | accepted | meaning |\n|---|---|---|---|\n";

std::string channel_tables() {
  std::string page;
  for (const ChannelType& type : channel_types()) {
    page += fmt::format("{}### {}\n\nType `{}`; the variables make the channel `{}`. {}\n",
                        page.empty() ? "" : "\n", type.title, type.name, type.from_env, type.description);
    page += "\n| key | variable | default | accepted | meaning |\n|---|---|---|---|---|\n";
    for (const auto& setting : type.settings) {
      const SettingInfo& info = setting.info;
      page += fmt::format("| {} | {} | {} | {} | {}{} |\n", code(info.key), code(info.env), default_of(info),
                          accepted_by(info), info.description, info.secret ? " A secret." : "");
    }
  }
  return page;
}

/// The generated text of this part of the page; empty optional for an unknown part.
std::optional<std::string> made(std::string_view part) {
  if (part == "settings of a container") return settings_table(Scope::Workload);
  if (part == "settings of the daemon") return settings_table(Scope::Daemon);
  if (part == "routes")
    return std::string(object_head) + object_rows(route_settings({})) +
           object_rows(match_settings(), "match: ");
  if (part == "prometheus")
    return std::string(object_head) + object_rows(prometheus_settings()) +
           object_rows(prometheus_rule_settings(), "rules: ");
  if (part == "limits") return std::string(object_head) + object_rows(label_limit_settings());
  if (part == "channels") return channel_tables();
  return std::nullopt;
}

}  // namespace

std::string configuration_reference() {
  constexpr std::string_view begin = "<!-- made: ";
  constexpr std::string_view end = "<!-- end -->";
  std::string page;
  bool written = true;  // false: the line is part of a generated table
  for (const std::string& line : split(configuration_page, '\n')) {
    if (line == end) written = true;
    if (written) page += line + '\n';
    if (!line.starts_with(begin)) continue;
    page += made(std::string_view(line).substr(begin.size(), line.find(" -->") - begin.size())).value_or("");
    written = false;
  }
  page.pop_back();  // split() gives an empty last line after the page's final '\n'
  return page;
}

}  // namespace healer
