#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "config/config_error.hpp"
#include "config/load.hpp"
#include "config/secret_file.hpp"
#include "config/setting.hpp"
#include "config/yaml_file.hpp"

namespace healer {

/// A secret's file in the place of its value: NAME_FILE for a variable, key_file in the file.
inline constexpr const char* secret_file_suffix = "_FILE";
inline constexpr const char* secret_file_key_suffix = "_file";

/// The variable's value; null when it is not set, or empty: compose's `${NAME:-}` passes an empty variable
/// for one that is not set.
const std::string* find_variable(const Environment& environment, const std::string& name);

/// Reads one setting from where it stands into its target; what came of it goes to the lists it is made with.
class SettingReader {
 public:
  SettingReader(ConfigErrors& errors, std::vector<std::string>& warnings,
                std::vector<EffectiveSetting>& effective)
      : errors_(errors), warnings_(warnings), effective_(effective) {}

  /// From the setting's variables, or the files they name. The name of the variable that was read; empty
  /// when none is set.
  template <class Target>
  std::string read_variables(const Environment& environment, const Setting<Target>& setting, Target& target) {
    const std::string* winner = nullptr;
    std::string winner_name;
    for (const std::string& name : env_names(setting.info)) {
      const std::string* value = find_variable(environment, name);
      if (!value) continue;
      if (!winner) {
        winner = value;
        winner_name = name;
      } else if (*value != *winner) {
        warnings_.push_back(
            fmt::format("{} and {} are both set and differ; {} is used", winner_name, name, winner_name));
      }
    }
    if (setting.info.secret) {
      std::string file_name = read_secret_variable(environment, setting, target, winner != nullptr);
      if (!file_name.empty()) return file_name;
    }
    if (!winner) return {};
    const std::string_view text = setting.info.env_is_presence ? std::string_view("true") : *winner;
    apply(setting, target, winner_name, text, Origin{Origin::Kind::Environment, winner_name});
    return winner_name;
  }

  /// From an entry of the file; false when the entry is not this setting's. `name` is what messages call it.
  template <class Target>
  bool read_entry(const std::string& file, const FileEntry& entry, const std::string& name,
                  const Setting<Target>& setting, Target& target) {
    Origin origin{Origin::Kind::File, file, entry.line};
    if (setting.info.secret && !entry.from_list &&
        entry.key == std::string(setting.info.key) + secret_file_key_suffix) {
      apply_secret_file(setting, target, name, entry.value, origin);
      return true;
    }
    if (setting.info.key != entry.key) return false;
    if (entry.from_list && setting.info.list_separator == '\0')
      errors_.push_back(ConfigError{name, "", std::move(origin), "a list; a single value is expected",
                                    setting.info.accepted, ""});
    else if (entry.from_list)
      apply_list(setting, target, entry, name, origin);
    else
      apply(setting, target, name, entry.value, origin);
    return true;
  }

  template <class Target>
  void apply(const Setting<Target>& setting, Target& target, const std::string& name, std::string_view text,
             const Origin& origin) {
    const std::string_view value = setting.info.is_text ? text : trim(text);
    note(setting, target, name, value, origin, setting.apply(target, value));
  }

 private:
  template <class Target>
  void apply_list(const Setting<Target>& setting, Target& target, const FileEntry& entry,
                  const std::string& name, const Origin& origin) {
    const std::string joined =
        fmt::format("{}", fmt::join(entry.items, std::string(1, setting.info.list_separator)));
    if (setting.apply_list)
      note(setting, target, name, joined, origin, setting.apply_list(target, entry.items));
    else
      apply(setting, target, name, joined, origin);
  }

  template <class Target>
  void note(const Setting<Target>& setting, const Target& target, const std::string& name,
            std::string_view value, const Origin& origin, const Applied& applied) {
    const SettingInfo& info = setting.info;
    if (applied) {
      note_effective(effective_, info, setting.show(target), origin);
      return;
    }
    std::string nearest = applied.nearest;
    if (nearest.empty() && !info.secret) nearest = suggest_value(info, value);
    errors_.push_back(ConfigError{name, quotable(info, value), origin, refusal(applied), info.accepted,
                                  std::move(nearest)});
  }

  /// NAME_FILE in place of NAME, as Docker's images have it. Its name when it was there, and no more is to be
  /// read.
  template <class Target>
  std::string read_secret_variable(const Environment& environment, const Setting<Target>& setting,
                                   Target& target, bool plain_too) {
    for (std::string name : env_names(setting.info)) {
      name += secret_file_suffix;
      const std::string* path = find_variable(environment, name);
      if (!path) continue;
      if (plain_too)
        warnings_.push_back(fmt::format("{} and {} are both set; {} is used", setting.info.env, name, name));
      apply_secret_file(setting, target, name, *path, Origin{Origin::Kind::Environment, name});
      return name;
    }
    return {};
  }

  template <class Target>
  void apply_secret_file(const Setting<Target>& setting, Target& target, const std::string& name,
                         const std::string& path, const Origin& origin) {
    const auto text = read_secret_file(path);
    if (text)
      apply(setting, target, name, *text, origin);
    else
      errors_.push_back(ConfigError{name, shown_value(path), origin,
                                    "cannot be read: " + text.error().message,
                                    "the path of a file that holds the value", ""});
  }

  ConfigErrors& errors_;
  std::vector<std::string>& warnings_;
  std::vector<EffectiveSetting>& effective_;
};

}  // namespace healer
