#include "config/setting.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace healer {
namespace {

constexpr std::string_view prefix = "HEALER_";

/// What a name means apart from where it is written: HEALER_CHECK_INTERVAL, --check-interval and
/// healer.check_interval are one.
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

std::vector<std::string> names_at(NameKind kind, const SettingInfo& info) {
  switch (kind) {
    case NameKind::Env:
      return env_names(info);
    case NameKind::FileDefaults:
    case NameKind::FileTop:
      return {std::string(info.key)};
    case NameKind::Label:
      return {std::string(info.label)};
    case NameKind::Flag:
      return {std::string(info.flag)};
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
  if (info.env.starts_with(prefix)) return {std::string(info.env)};
  return {std::string(prefix) + std::string(info.env), std::string(info.env)};
}

std::string suggest_name(NameKind kind, std::string_view seen) {
  const std::string meant = bare(seen.substr(0, 200));
  std::vector<std::string> names;
  for (const SettingInfo* info : all_settings()) {
    if (!belongs(kind, *info)) continue;
    std::vector<std::string> here = names_at(kind, *info);
    if (meant == info->key || meant == bare(info->env)) return here.front();
    std::move(here.begin(), here.end(), std::back_inserter(names));
  }
  if (kind == NameKind::Label) names.insert(names.end(), std::begin(opt_in_labels), std::end(opt_in_labels));
  if (kind == NameKind::Env) names.emplace_back(config_file_env);
  if (kind == NameKind::FileTop) names.emplace_back("defaults");
  const std::vector<std::string_view> views(names.begin(), names.end());
  return nearest_name(seen, views).value_or("");
}

std::string suggest_value(const SettingInfo& info, std::string_view seen) {
  return nearest_name(seen, info.choices).value_or("");
}

}  // namespace healer
