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

/// What the command line said, by the setting's key ("listen", "dry_run"), and the file it named.
struct FlagOverrides {
  std::optional<std::string> config_file;
  std::map<std::string, std::string> values;
};

/// One setting as it is in effect, and why.
struct EffectiveSetting {
  const SettingInfo* info = nullptr;
  std::string value;  ///< "<redacted>" for a secret; empty when unset
  Origin origin;
  std::string probe = {};    ///< name of the named probe it is a part of; empty: none
  std::string channel = {};  ///< name of the channel it is a setting of; empty: none
};

/// Notes a value that took effect.
void note_effective(std::vector<EffectiveSetting>& settings, const SettingInfo& info,
                    const std::string& value, const Origin& origin);

struct Settings {
  Policy defaults;  ///< of every workload; its labels go on top (PolicyResolver)
  DaemonSettings daemon;
  std::optional<std::string> config_file;   ///< the file read, if any
  std::vector<EffectiveSetting> effective;  ///< every setting, in the table's order
  std::vector<std::string> warnings;  ///< for the log: nothing is wrong, but it may not be what was meant
  std::vector<std::string> notes;     ///< for the log: what other tools' variables were taken for
};

/// The settings of environment, file and flags, or every error found in any of them.
///
/// Precedence, highest first: flag, file, environment, default; of HEALER_X and X the first wins, and a
/// warning says so when they differ. Other tools' variables (config/compat.hpp) count where none of these
/// says anything. An empty variable counts as unset. A bad value is an error even where a
/// higher source overrides it. The file is the one of the flag, else of HEALER_CONFIG, else none.
tl::expected<Settings, ConfigErrors> load(const Environment& environment, const FlagOverrides& flags);

/// The same with the file's text at hand; `flags.config_file` and HEALER_CONFIG are not followed.
tl::expected<Settings, ConfigErrors> load_from(const Environment& environment,
                                               const std::optional<ConfigText>& file,
                                               const FlagOverrides& flags);

}  // namespace healer
