#include "config/setting_reader.hpp"

#include <algorithm>

#include "config/secret_file.hpp"
#include "config/service_links.hpp"

namespace healer {

const std::string* find_variable(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() || found->second.empty() ? nullptr : &found->second;
}

SettingReader::Found SettingReader::find(const Environment& environment, const SettingInfo& info) {
  Found found;
  for (const std::string& name : env_names(info)) {
    const std::string* value = find_variable(environment, name);
    if (value && is_foreign(info, name, *value)) continue;
    if (value && !found.value)
      found = {name, value};
    else if (value && *value != *found.value)
      warn(fmt::format("{} and {} are both set and differ; {} is used", found.name, name, found.name));
  }
  if (!info.secret) return found;
  for (std::string name : env_names(info)) {
    name += secret_file_suffix;
    const std::string* path = find_variable(environment, name);
    if (!path) continue;
    if (found.value) warn(fmt::format("{} and {} are both set; {} is used", info.env, name, name));
    return {std::move(name), path, true};
  }
  return found;
}

bool SettingReader::is_foreign(const SettingInfo& info, const std::string& name, const std::string& value) {
  constexpr std::string_view numeric[] = {"number", "duration", "size", "share", "boolean"};
  const bool plain = info.key == "port" || info.key == "host" ||
                     std::find(std::begin(numeric), std::end(numeric), info.type) != std::end(numeric);
  if (info.secret || !plain || !is_service_address(value)) return false;
  const std::vector<std::string> names = env_names(info);
  const std::string& other = names.front() == name ? names.back() : names.front();
  warn(
      fmt::format("{}={} is ignored: it is the address of a service, as Kubernetes and Docker links set it; "
                  "accepted: {}{}",
                  name, shown_value(value), info.accepted,
                  other == name ? "" : fmt::format("; {} is the same setting", other)));
  return true;
}

bool SettingReader::is_key_of(const SettingInfo& info, std::string_view key) {
  return key == info.key || (info.secret && key == std::string(info.key) + secret_file_key_suffix);
}

void SettingReader::refuse_kind(const ObjectPlace& at, std::string_view expected,
                                const std::vector<std::string_view>& keys) {
  refuse({Origin::Kind::File, at.file, at.value.line}, at.name, "",
         fmt::format("{}; {} is expected", to_string(at.value.kind), expected),
         fmt::format("{}", fmt::join(keys, ", ")));
}

void SettingReader::refuse_key(const ObjectPlace& at, const YamlNode& key,
                               const std::vector<const SettingInfo*>& known) {
  std::vector<std::string> names;
  for (const SettingInfo* info : known) {
    names.emplace_back(info->key);
    if (info->secret) names.push_back(names.back() + secret_file_key_suffix);
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  refuse({Origin::Kind::File, at.file, key.line}, fmt::format("{}.{}", at.name, shown_value(key.text)), "",
         at.what.empty() ? "no such setting" : "no such setting " + at.what, "",
         nearest_name(lower(std::string_view(key.text).substr(0, 100)), candidates).value_or(""));
}

void SettingReader::note_refusal(const SettingInfo& info, const std::string& name, std::string_view value,
                                 const Origin& origin, const Applied& applied) {
  std::string nearest = applied.nearest;
  if (nearest.empty() && !info.secret) nearest = suggest_value(info, value);
  refuse(origin, name, quotable(info, value), refusal(applied), info.accepted, std::move(nearest));
}

std::optional<std::string> SettingReader::secret_of(const std::string& name, const std::string& path,
                                                    const Origin& origin) {
  auto text = read_secret_file(path);
  if (text) {
    if (std::string warning = secret_file_warning(path); !warning.empty())
      warnings_.push_back(name + ": " + printable(warning));
    return std::move(*text);
  }
  refuse(origin, name, shown_value(path), "cannot be read: " + text.error().message,
         "the path of a file that holds the value");
  return std::nullopt;
}

}  // namespace healer
