#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/load.hpp"
#include "config/setting.hpp"
#include "config/setting_kinds.hpp"
#include "config/url.hpp"

namespace healer {

/// What the readers of other tools' variables share: each variable is noted with its effect, or refused.
class CompatReader {
 public:
  CompatReader(const Environment& environment, Settings& settings, ConfigErrors& errors)
      : environment_(environment), settings_(settings), errors_(errors), compat_(settings.daemon.compat) {}

  Settings& settings() { return settings_; }
  CompatSettings& compat() { return compat_; }

  /// The variable's value; null if it is unset, empty, or set for a service of that name (is_service_link).
  const std::string* find(std::string_view name) const;
  void note(std::string_view name, std::string_view value, std::string_view does);
  /// `shown`: the value, "<redacted>" for a secret.
  void refuse(std::string_view name, std::string_view shown, std::string_view accepted);
  std::optional<Duration> seconds(std::string_view name, unsigned low, unsigned high);
  /// Reads a URL, which is a secret, and the name of its variable.
  void url(std::string_view name, Secret& into, std::string& variable, std::string_view does);

  template <class Target>
  bool apply(Target& target, const Table<Target>& table, std::string_view key, std::string_view name,
             std::string_view shown, std::string_view text) {
    for (const auto& setting : table) {
      if (setting.info.key != key) continue;
      const auto taken = setting.apply(target, text);
      if (!taken) {
        refuse(name, shown, setting.info.accepted);
        return false;
      }
      note_effective(settings_.effective, setting.info, setting.show(target),
                     Origin{Origin::Kind::Environment, std::string(name)});
      return true;
    }
    return false;
  }

  /// Sets healer's setting from another tool's variable, unless healer's own name already sets it.
  template <class Target>
  bool use(Target& target, const Table<Target>& table, std::string_view key, std::string_view name,
           std::string_view shown, std::string_view text, std::string_view does) {
    const auto own = std::find_if(settings_.effective.begin(), settings_.effective.end(),
                                  [&](const EffectiveSetting& setting) { return setting.info->key == key; });
    if (own != settings_.effective.end() && own->origin.kind != Origin::Kind::Default) {
      note(name, shown, fmt::format("no effect: {} is given by {}", key, to_string(own->origin)));
      return false;
    }
    if (!apply(target, table, key, name, shown, text)) return false;
    note(name, shown, does);
    return true;
  }

 protected:
  const Environment& environment_;
  Settings& settings_;
  ConfigErrors& errors_;
  CompatSettings& compat_;
  std::set<std::string, std::less<>> known_{"AUTOHEAL_RESTART_WINDOW"};
};

/// The variables of tmknight's docker-autoheal (a program of its own with the same name). docs/migrating.md
/// has the table. A variable whose value it cannot use stops the start.
void read_tmknight_variables(CompatReader& reader);

}  // namespace healer
