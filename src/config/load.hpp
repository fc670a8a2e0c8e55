#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "config/config_error.hpp"
#include "config/daemon_settings.hpp"
#include "config/setting.hpp"
#include "config/yaml_file.hpp"
#include "model/policy.hpp"

namespace healer {

/// The process's environment as a value. Nothing in config/ reads the real one.
using Environment = std::map<std::string, std::string>;

/// NAME=VALUE strings, ended by a null pointer, as main() gets them.
Environment environment_from(const char* const* variables);

/// The command line's values by the setting's key ("listen", "dry_run"), and its configuration file.
struct FlagOverrides {
  std::optional<std::string> config_file;
  std::map<std::string, std::string> values;
};

/// One setting's value in effect, and its origin.
struct EffectiveSetting {
  const SettingInfo* info = nullptr;
  std::string value;  ///< "<redacted>" for a secret; empty when unset
  Origin origin;
  std::string probe = {};    ///< name of the named probe that it belongs to; empty: none
  std::string channel = {};  ///< name of the channel that it belongs to; empty: none
};

/// Notes a value that took effect.
void note_effective(std::vector<EffectiveSetting>& settings, const SettingInfo& info,
                    const std::string& value, const Origin& origin);

struct Settings {
  Policy defaults;  ///< of every workload; PolicyResolver applies labels to a copy
  DaemonSettings daemon;
  std::optional<std::string> config_file;   ///< the file read, if any
  std::vector<EffectiveSetting> effective;  ///< every setting, in the table's order
  std::vector<std::string> warnings;        ///< for the log: valid settings that the operator may not mean
  std::vector<std::string> notes;           ///< for the log: the effect of other tools' variables
};

/// The settings of environment, file and flags, or every error found in any of them.
///
/// Precedence, highest first: flag, file, environment, default. HEALER_X wins over X; when they differ, a
/// warning says so. Other tools' variables (config/compat.hpp) count where none of these sets the value. An
/// empty variable counts as unset. A bad value is an error even if a higher source overrides it. The file is
/// the flag's, else HEALER_CONFIG's, else there is none.
tl::expected<Settings, ConfigErrors> load(const Environment& environment, const FlagOverrides& flags);

/// As load(), with the file's text given; `flags.config_file` and HEALER_CONFIG are ignored.
tl::expected<Settings, ConfigErrors> load_from(const Environment& environment,
                                               const std::optional<ConfigText>& file,
                                               const FlagOverrides& flags);

}  // namespace healer
