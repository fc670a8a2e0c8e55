#include "config/load.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "config/channel_settings.hpp"
#include "config/compat.hpp"
#include "config/engine_transport.hpp"
#include "config/header_subjects.hpp"
#include "config/label_limit_settings.hpp"
#include "config/load_channels.hpp"
#include "config/notification_routes.hpp"
#include "config/prometheus_rules.hpp"
#include "config/service_links.hpp"
#include "config/setting_reader.hpp"
#include "config/webhooks.hpp"

namespace healer {
namespace {

/// Whether a variable with the prefix HEALER_ is no setting: a variable of the project's scripts and compose
/// files, or one that an old Docker link injects for a container named "healer". Any other unknown variable
/// with the prefix counts as a misspelt setting, unless it is one of a service (is_service_link).
bool is_not_for_the_daemon(std::string_view name) {
  constexpr std::array<std::string_view, 10> exact{"HEALER_AIRGAP",           "HEALER_AUTOHEAL_IMAGE",
                                                   "HEALER_BINARY",           "HEALER_IMAGE",
                                                   "HEALER_IMAGE_LABEL",      "HEALER_NAME",
                                                   "HEALER_NO_ASAN",          "HEALER_NO_PULL",
                                                   "HEALER_PROMETHEUS_IMAGE", "HEALER_TEST_REQUIRE_ENGINE"};
  constexpr std::array<std::string_view, 2> prefixes{"HEALER_ENGINE_", "HEALER_ENV_"};
  return std::find(exact.begin(), exact.end(), name) != exact.end() ||
         std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// Reads the three sources into one Settings, collecting every error.
class Loader {
 public:
  Loader() { add_defaults(); }

  void read_environment(const Environment& environment) {
    for (const auto& setting : workload_settings())
      reader().read_variables(environment, setting, settings.defaults);
    for (const auto& setting : daemon_settings())
      reader().read_variables(environment, setting, settings.daemon);
    refuse_unknown(environment);
  }

  void read_file(const ConfigText& file) {
    FileEntries entries = read_entries(file, errors);
    for (const FileEntry& entry : entries.defaults)
      if (!read_entry(file.name, entry, workload_settings(), settings.defaults))
        unknown_default(file.name, entry);
    for (const FileEntry& entry : entries.top)
      if (!read_entry(file.name, entry, daemon_settings(), settings.daemon)) unknown_top(file.name, entry);
    for (FileSection& section : entries.sections) {
      if (section.key == "prometheus") {
        SettingReader in_file = reader();
        settings.daemon.prometheus =
            read_prometheus({file.name, section.value, section.line, section.key}, in_file);
      }
      if (section.key == "webhooks") {
        SettingReader in_file = reader();
        settings.daemon.webhooks =
            read_webhooks({file.name, section.value, section.line, section.key}, in_file);
      }
      if (section.key == "limits") {
        SettingReader in_file = reader();
        settings.daemon.limits =
            read_label_limits({file.name, section.value, section.line, section.key}, in_file);
      }
      if (section.key == "channels") channels = {file.name, std::move(section.value)};
      if (section.key == "routes") routes_ = {file.name, std::move(section)};
    }
  }

  void read_flags(const FlagOverrides& flags) {
    for (const auto& [key, value] : flags.values) {
      for (const auto& setting : daemon_settings()) {
        if (setting.info.key != key) continue;
        const std::string name(setting.info.flag);
        reader().apply(setting, settings.daemon, name, value, Origin{Origin::Kind::Flag, name});
      }
    }
  }

  /// Call it after the channels are read: routes name channels.
  void read_routing() {
    if (routes_) {
      const auto& [file, section] = *routes_;
      SettingReader in_file = reader();
      settings.daemon.routing.routes = read_routes({file, section.value, section.line, section.key},
                                                   channel_names(settings.daemon), in_file);
    }
    const NotificationNames names(settings.daemon);
    const std::string& route = settings.defaults.notify.route;
    if (route.empty() || names.has(route)) return;
    for (const EffectiveSetting& effective : settings.effective)
      if (effective.info->key == notification_key && effective.probe.empty())
        errors.push_back(ConfigError{std::string(effective.info->key), shown_value(route), effective.origin,
                                     "is not valid: " + names.refusal(),
                                     std::string(notification_name_accepted), names.nearest(route)});
  }

  Settings settings;
  ConfigErrors errors;
  FileChannels channels;

 private:
  SettingReader reader() { return {errors, settings.warnings, settings.effective}; }
  std::optional<std::pair<std::string, FileSection>> routes_;  ///< the file's name, and its `routes:`

  void add_defaults() {
    for (const SettingInfo* info : all_settings())
      settings.effective.push_back(EffectiveSetting{info, info->default_text, Origin{}});
  }

  void refuse_unknown(const Environment& environment) {
    std::set<std::string> known{std::string(config_file_env)};
    const auto know = [&](const SettingInfo& info) {
      for (std::string& name : env_names(info)) {
        if (info.secret) known.insert(name + secret_file_suffix);
        known.insert(std::move(name));
      }
    };
    for (const SettingInfo* info : all_settings()) know(*info);
    for (const SettingInfo* info : all_channel_settings()) know(*info);
    for (const auto& [name, value] : environment) {
      if (!name.starts_with("HEALER_") || known.contains(name) || is_not_for_the_daemon(name) ||
          is_service_link(name, value))
        continue;
      errors.push_back(ConfigError{shown_value(name), "",
                                   Origin{Origin::Kind::Environment, shown_value(name)}, "no such setting",
                                   "", suggest_name(NameKind::Env, name)});
    }
  }

  template <class Target>
  bool read_entry(const std::string& file, const FileEntry& entry, const Table<Target>& table,
                  Target& target) {
    for (const auto& setting : table)
      if (reader().read_entry(file, entry, entry.key, setting, target)) return true;
    return false;
  }

  void unknown_default(const std::string& file, const FileEntry& entry) {
    for (const auto& setting : daemon_settings()) {
      if (setting.info.key == entry.key) {
        unknown(file, entry, "belongs at the file's top level, not under 'defaults'", "");
        return;
      }
    }
    unknown(file, entry, "no such setting under 'defaults'", suggest_name(NameKind::FileDefaults, entry.key));
  }

  void unknown_top(const std::string& file, const FileEntry& entry) {
    for (const auto& setting : workload_settings()) {
      if (setting.info.key == entry.key) {
        unknown(file, entry, "belongs under 'defaults:'", "");
        return;
      }
    }
    std::string nearest = suggest_name(NameKind::FileTop, entry.key);
    if (nearest.empty()) {
      nearest = suggest_name(NameKind::FileDefaults, entry.key);
      if (!nearest.empty()) nearest = "defaults: " + nearest;
    }
    unknown(file, entry, "no such setting", nearest);
  }

  void unknown(const std::string& file, const FileEntry& entry, std::string problem, std::string nearest) {
    errors.push_back(ConfigError{shown_value(entry.key), "", Origin{Origin::Kind::File, file, entry.line},
                                 std::move(problem), "", std::move(nearest)});
  }
};

/// The docker client looks for its certificates in its own configuration folder.
void fill_in_cert_path(Settings& settings, const Environment& environment) {
  DockerConnection& docker = settings.daemon.docker;
  if (!docker.tls_verify || !docker.cert_path.empty()) return;
  if (const std::string* folder = find_variable(environment, "DOCKER_CONFIG"))
    docker.cert_path = *folder;
  else if (const std::string* home = find_variable(environment, "HOME"))
    docker.cert_path = *home + "/.docker";
}

/// A budget and a verify limit that the operator sets are limits of labels, unless `limits:` has others.
void limit_labels(Settings& settings) {
  const auto is_set = [&](std::string_view key) {
    return std::any_of(settings.effective.begin(), settings.effective.end(),
                       [&](const EffectiveSetting& effective) {
                         return effective.info->key == key && effective.origin.kind != Origin::Kind::Default;
                       });
  };
  const auto fill_in = [](auto& limit, const auto& own) { limit = limit.value_or(own); };
  LabelLimits& limits = settings.daemon.limits;
  const RetryPolicy& own = settings.defaults.retry;
  if (is_set("verify_limit")) fill_in(limits.verify_limit, own.verify_limit);
  if (!is_set("budget")) return;
  fill_in(limits.attempts, own.budget_attempts);
  fill_in(limits.attempts_window, own.budget_window);
}

/// Secrets for health checks that nobody gets.
void warn_of_headers(Settings& settings) {
  std::string names;
  for (const HttpHeader& header : settings.defaults.probe.headers)
    if (is_secret_header(header)) names += (names.empty() ? "" : ", ") + header.name;
  if (names.empty() || !settings.daemon.headers_for.empty()) return;
  settings.warnings.push_back("HEALTH_HEADERS: " + names +
                              " may hold a secret and is sent to no container: name those that get it in "
                              "headers_for (HEALTH_HEADERS_FOR), such as "
                              "web-* or service:shop/web, or * for every container that opts in");
}

tl::expected<Settings, ConfigErrors> load_all(const Environment& environment,
                                              const std::optional<ConfigText>& file,
                                              const FlagOverrides& flags, ConfigErrors errors) {
  Loader loader;
  loader.errors = std::move(errors);
  loader.read_environment(environment);
  if (file) {
    loader.settings.config_file = file->name;
    loader.read_file(*file);
  }
  loader.read_flags(flags);
  read_compat_variables(environment, loader.settings, loader.errors);
  load_channels(environment, loader.channels, loader.settings, loader.errors);
  loader.read_routing();
  if (!loader.errors.empty()) return tl::unexpected<ConfigErrors>(std::move(loader.errors));
  for (std::string& warning : engine_transport_warnings(loader.settings.daemon.docker, environment))
    loader.settings.warnings.push_back(std::move(warning));
  fill_in_cert_path(loader.settings, environment);
  warn_of_headers(loader.settings);
  limit_labels(loader.settings);
  return std::move(loader.settings);
}

}  // namespace

void note_effective(std::vector<EffectiveSetting>& settings, const SettingInfo& info,
                    const std::string& value, const Origin& origin) {
  for (EffectiveSetting& effective : settings) {
    if (!effective.probe.empty()) continue;
    if (effective.info != &info) continue;
    effective.value = value;
    effective.origin = origin;
  }
}

Environment environment_from(const char* const* variables) {
  Environment environment;
  for (; variables && *variables; ++variables) {
    const std::string_view text(*variables);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

tl::expected<Settings, ConfigErrors> load_from(const Environment& environment,
                                               const std::optional<ConfigText>& file,
                                               const FlagOverrides& flags) {
  return load_all(environment, file, flags, {});
}

tl::expected<Settings, ConfigErrors> load(const Environment& environment, const FlagOverrides& flags) {
  std::optional<std::string> path = flags.config_file;
  if (!path) {
    if (const std::string* named = find_variable(environment, std::string(config_file_env))) path = *named;
  }
  if (!path) return load_all(environment, std::nullopt, flags, {});
  auto file = read_config_file(*path);
  // When the file cannot be read, the errors of the other sources are reported, too.
  if (!file) return load_all(environment, std::nullopt, flags, {std::move(file.error())});
  return load_all(environment, *file, flags, {});
}

}  // namespace healer
