#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/daemon_settings.hpp"
#include "model/policy.hpp"

namespace healer {

/// Workload settings can be set by environment, file and label; daemon settings by environment, file and
/// flag; a channel's by environment and file.
enum class Scope { Workload, Daemon, Channel };

/// Whether a value was taken; when not, why and what was meant, where more can be said than what is accepted.
struct Applied {
  Applied(bool is_taken) : taken(is_taken) {}  // NOLINT: most settings only say yes or no
  static Applied refused(std::string reason, std::string nearest = {}) {
    Applied applied(false);
    applied.reason = std::move(reason);
    applied.nearest = std::move(nearest);
    return applied;
  }
  explicit operator bool() const { return taken; }

  bool taken;
  std::string reason = {};   ///< "rung 2: exec needs a command"; never holds a secret
  std::string nearest = {};  ///< the nearest valid value, or part of one
};

/// What a setting is called and what it takes. The one table of these (workload_settings(),
/// daemon_settings(), channel_types()) is what parsing, suggestions, `check-config` and docs/configuration.md
/// are made from.
struct SettingInfo {
  /// In the file: under `defaults:` for workload settings, in the channel's own map, else at the top level.
  std::string_view key = {};
  std::string_view env = {};     ///< the variable; one without HEALER_ in front answers to both forms
  std::string_view label = {};   ///< "healer.interval"; empty: none
  std::string_view flag = {};    ///< "--listen"; empty: none
  std::string description = {};  ///< one or two sentences for the reference

  bool secret = false;           ///< its value is never printed
  bool required = false;         ///< a channel is nothing without it
  char list_separator = '\0';    ///< YAML may give a sequence, joined with this; 0: none
  bool env_is_presence = false;  ///< the variable set to anything means true (DOCKER_TLS_VERIFY)
  bool is_text = false;          ///< spaces around the value are part of it
  /// Whether this text may hold a secret, so that no message may quote it. Null: no text does.
  bool (*conceals)(std::string_view) = nullptr;
  std::string_view older_form_of = {};  ///< key of the setting that says the same and wins at one place
  bool of_probe = false;                ///< a part of the probe: also healer.probes.NAME.KEY
  std::vector<ProbeKind> fits = {};     ///< the probes it has an effect on; empty: every one

  // Filled in by the kind of the setting, so that what is said and what is checked cannot differ.
  Scope scope = Scope::Workload;
  std::string type = {};                       ///< "duration", "number", "choice" ...
  std::string accepted = {};                   ///< "a duration from 100ms to 24h, such as ..."
  std::string range = {};                      ///< the same in short, for a table; empty: as `accepted`
  std::string default_text = {};               ///< the default, in the form that is accepted; empty: none
  std::vector<std::string_view> choices = {};  ///< the valid words of a choice, for "did you mean"
};

/// A setting of `Target` (Policy or DaemonSettings).
template <class Target>
struct Setting {
  SettingInfo info;
  /// Reads the text into the target, which stays untouched when the text is not accepted.
  std::function<Applied(Target&, std::string_view)> apply;
  /// The value in effect, in a form that apply() reads back. Empty means unset.
  std::function<std::string(const Target&)> show;
  /// Reads a list whose items are taken as they are. Empty: a list is joined to one text.
  std::function<Applied(Target&, const std::vector<std::string>&)> apply_list = {};
};

std::span<const Setting<Policy>> workload_settings();
std::span<const Setting<DaemonSettings>> daemon_settings();

/// Both tables' entries, workload settings first.
std::vector<const SettingInfo*> all_settings();

/// The variables a setting answers to, the one that wins first: {"HEALER_CHECK_INTERVAL", "CHECK_INTERVAL"};
/// none for a setting without a variable.
std::vector<std::string> env_names(const SettingInfo& info);

/// The two labels that opt a container in or out; healer.enable comes from us, monitored from common use.
inline constexpr std::string_view opt_in_labels[] = {"monitored", "healer.enable"};

/// The variable and flag that name the configuration file itself.
inline constexpr std::string_view config_file_env = "HEALER_CONFIG";

/// The places a name can be written in.
enum class NameKind { Env, FileDefaults, FileTop, Label, Flag };

/// The valid name of that place which is nearest to `seen`; empty when none is near. The same setting under
/// another place's name counts as nearest: HEALER_TIMEOUT means HEALER_REQUEST_TIMEOUT.
std::string suggest_name(NameKind kind, std::string_view seen);

/// The value as a message may quote it: safe, short, "<redacted>" where it is or may hold a secret.
std::string quotable(const SettingInfo& info, std::string_view value);

/// What a message says of a refused value: "is not valid", with the reason where there is one.
std::string refusal(const Applied& applied);

/// The nearest valid word of a choice; empty for other settings or when none is near.
std::string suggest_value(const SettingInfo& info, std::string_view seen);

}  // namespace healer
