#include "config/setting.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "config/channel_settings.hpp"
#include "config/config_error.hpp"
#include "config/yaml_file.hpp"

namespace healer {
namespace {

constexpr std::string_view prefix = "HEALER_";

/// The same text for HEALER_CHECK_INTERVAL, --check-interval and healer.check_interval.
std::string bare(std::string_view name) {
  std::string text = lower(name);
  for (char& c : text)
    if (c == '-' || c == '.') c = '_';
  while (text.starts_with('_')) text.erase(0, 1);
  if (text.starts_with("healer_")) text.erase(0, 7);
  return text;
}

bool belongs(NameKind kind, const SettingInfo& info) {
  switch (kind) {
    case NameKind::Env:
      return !info.env.empty();
    case NameKind::FileDefaults:
      return info.scope == Scope::Workload;
    case NameKind::FileTop:
      return info.scope == Scope::Daemon;
    case NameKind::Label:
      return !info.label.empty();
    case NameKind::Flag:
      return !info.flag.empty();
  }
  return false;
}

/// The setting's name in that kind of place; of its two variables the one that wins.
std::string name_at(NameKind kind, const SettingInfo& info) {
  switch (kind) {
    case NameKind::Env:
      return env_names(info).front();
    case NameKind::FileDefaults:
    case NameKind::FileTop:
      return std::string(info.key);
    case NameKind::Label:
      return std::string(info.label);
    case NameKind::Flag:
      return std::string(info.flag);
  }
  return {};
}

}  // namespace

std::vector<const SettingInfo*> all_settings() {
  std::vector<const SettingInfo*> all;
  for (const auto& setting : workload_settings()) all.push_back(&setting.info);
  for (const auto& setting : daemon_settings()) all.push_back(&setting.info);
  return all;
}

std::vector<std::string> env_names(const SettingInfo& info) {
  if (info.env.empty()) return {};
  if (info.env.starts_with(prefix)) return {std::string(info.env)};
  return {std::string(prefix) + std::string(info.env), std::string(info.env)};
}

std::string suggest_name(NameKind kind, std::string_view seen) {
  // Names are compared without prefixes and in every spelling, so that only a typing error differs.
  std::vector<std::pair<std::string, std::string>> spellings;  // a possible spelling, and the name to suggest
  std::vector<const SettingInfo*> infos = all_settings();
  if (kind == NameKind::Env)
    for (const SettingInfo* info : all_channel_settings()) infos.push_back(info);
  for (const SettingInfo* info : infos) {
    if (!belongs(kind, *info)) continue;
    const std::string name = name_at(kind, *info);
    // A channel's key means nothing without its channel.
    if (info->scope != Scope::Channel) spellings.emplace_back(info->key, name);
    spellings.emplace_back(bare(info->env), name);
  }
  if (kind == NameKind::Label)
    for (const std::string_view name : opt_in_labels) spellings.emplace_back(bare(name), name);
  if (kind == NameKind::Env) spellings.emplace_back(bare(config_file_env), config_file_env);
  if (kind == NameKind::FileTop) {
    spellings.emplace_back("defaults", "defaults");
    for (const std::string_view key : section_keys()) spellings.emplace_back(key, key);
  }

  std::vector<std::string_view> candidates;
  for (const auto& [spelling, name] : spellings) candidates.push_back(spelling);
  const auto nearest = nearest_name(bare(seen.substr(0, 200)), candidates);
  if (!nearest) return {};
  return std::find_if(spellings.begin(), spellings.end(),
                      [&](const auto& pair) { return pair.first == *nearest; })
      ->second;
}

std::string quotable(const SettingInfo& info, std::string_view value) {
  if (info.secret || (info.conceals && info.conceals(value))) return "<redacted>";
  return shown_value(value);
}

std::string refusal(const Applied& applied) {
  return applied.reason.empty() ? "is not valid" : "is not valid: " + applied.reason;
}

std::string suggest_value(const SettingInfo& info, std::string_view seen) {
  return nearest_name(seen, info.choices).value_or("");
}

}  // namespace healer
