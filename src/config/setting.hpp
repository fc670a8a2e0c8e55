#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/daemon_settings.hpp"
#include "model/policy.hpp"

namespace healer {

/// Workload settings can be set by environment, file and label; daemon settings by environment, file and
/// flag; a channel's by environment and file; those of an object of the file by the file alone.
enum class Scope { Workload, Daemon, Channel, Object };

/// Whether a value was accepted; when not, why, and the nearest value that would be.
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
  std::string reason = {};               ///< "step 2: exec needs a command"; never holds a secret
  std::string nearest = {};              ///< the nearest valid value, or part of one
  std::optional<std::size_t> item = {};  ///< the item of a list that is refused
};

/// What a kind of value looks like, whoever holds it. Text and check are made from the same bounds.
struct KindInfo {
  std::string type = {};                       ///< "duration", "number", "choice" ...
  std::string accepted = {};                   ///< "a duration from 100ms to 24h, such as ..."
  std::string range = {};                      ///< the same in short, for a table; empty: as `accepted`
  std::vector<std::string_view> choices = {};  ///< the valid words of a choice, for "did you mean"
  char list_separator = '\0';                  ///< YAML may give a sequence, joined with this; 0: none
  bool secret = false;                         ///< its value is never printed
  /// Whether this text may hold a secret, so that no message may quote it. Null: no text does.
  bool (*conceals)(std::string_view) = nullptr;
};

/// What few settings are.
struct Traits {
  std::string_view flag = {};    ///< "--listen"; empty: none
  bool required = false;         ///< its object is nothing without it
  bool after_restart = false;    ///< a running daemon keeps the old value; others take a new one at a reload
  bool env_is_presence = false;  ///< the variable set to anything means true (DOCKER_TLS_VERIFY)
  bool is_text = false;          ///< spaces around the value are part of it
  bool of_probe = false;         ///< a part of the probe: also healer.probes.NAME.KEY
  std::vector<ProbeKind> fits = {};  ///< the probes it has an effect on; empty: every one
};

/// What a setting is called and what it takes.
struct SettingInfo : KindInfo, Traits {
  /// In the file: under `defaults:` for workload settings, in the object's own map, else at the top level.
  std::string_view key = {};
  std::string env = {};           ///< the variable; one without HEALER_ in front answers to both forms
  std::string label = {};         ///< "healer.interval"; empty: none
  std::string description = {};   ///< one or two sentences for the reference
  std::string default_text = {};  ///< in the form that is accepted, from a default-made target; empty: none
  Scope scope = Scope::Object;
};

/// How a value is read and shown.
template <class Value>
struct Kind {
  KindInfo info;
  /// The value stays untouched when the text is not accepted.
  std::function<Applied(Value&, std::string_view)> read;
  /// In a form that read() reads back. Empty means unset.
  std::function<std::string(const Value&)> show;
  /// Reads a list whose items are taken as they are. Empty: a list is joined to one text.
  std::function<Applied(Value&, const std::vector<std::string>&)> read_list = {};
};

/// The members that a setting sets.
template <class Target>
struct Fields {
  std::function<std::vector<const void*>(const Target&)> places;
  std::function<bool(const Target&, const Target&)> equal;
  std::function<void(Target& to, const Target& from)> copy;
};

template <class Target, class... Values>
Fields<Target> fields(Values Target::*... members) {
  return {[=](const Target& target) { return std::vector<const void*>{&(target.*members)...}; },
          [=](const Target& a, const Target& b) { return ((a.*members == b.*members) && ...); },
          [=](Target& to, const Target& from) { ((to.*members = from.*members), ...); }};
}

struct ObjectPlace;
class SettingReader;

/// One row of a table: the one place that says what a setting is called, takes and sets. Parsing, labels,
/// flags, suggestions, `check-config`, the reload and docs/configuration.md are all made from the rows.
template <class Target>
struct Setting {
  SettingInfo info;
  /// Reads the text into the target, which stays untouched when the text is not accepted.
  std::function<Applied(Target&, std::string_view)> apply;
  std::function<std::string(const Target&)> show;
  std::function<Applied(Target&, const std::vector<std::string>&)> apply_list = {};
  /// Reads a map or a list of maps of the file. Empty: the setting is a value.
  std::function<void(Target&, const ObjectPlace&, SettingReader&)> read_object = {};
  Fields<Target> sets = {};

  Setting() = default;

  /// A setting of one member. `env`: empty where there is no variable.
  template <class Value>
  Setting(std::string_view key, std::string env, Value Target::*member,
          std::type_identity_t<Kind<Value>> kind, std::string description, Traits traits = {})
      : info{std::move(kind.info), std::move(traits), key, std::move(env), {}, std::move(description)},
        apply([member, read = std::move(kind.read)](Target& target, std::string_view text) {
          return read(target.*member, text);
        }),
        show([member, show = std::move(kind.show)](const Target& target) { return show(target.*member); }),
        sets(fields(member)) {
    if (kind.read_list)
      apply_list = [member, read = std::move(kind.read_list)](Target& target, const auto& items) {
        return read(target.*member, items);
      };
  }

  /// A setting of several members.
  Setting(std::string_view key, std::string env, Fields<Target> members, Kind<Target> kind,
          std::string description, Traits traits = {})
      : info{std::move(kind.info), std::move(traits), key, std::move(env), {}, std::move(description)},
        apply(std::move(kind.read)),
        show(std::move(kind.show)),
        apply_list(std::move(kind.read_list)),
        sets(std::move(members)) {}
};

template <class Target>
using Table = std::vector<Setting<Target>>;

/// The settings of a part, as settings of the whole. `part` is a member, or gives the part's reference.
template <class Whole, class Part, class Get>
Table<Whole> within(Get part, const Table<Part>& table) {
  Table<Whole> rows;
  for (const Setting<Part>& inner : table) {
    Setting<Whole> row;
    row.info = inner.info;
    row.apply = [=](Whole& whole, std::string_view text) {
      return inner.apply(std::invoke(part, whole), text);
    };
    row.show = [=](const Whole& whole) { return inner.show(std::invoke(part, whole)); };
    if (inner.apply_list)
      row.apply_list = [=](Whole& whole, const std::vector<std::string>& items) {
        return inner.apply_list(std::invoke(part, whole), items);
      };
    row.sets = {[=](const Whole& whole) { return inner.sets.places(std::invoke(part, whole)); },
                [=](const Whole& a, const Whole& b) {
                  return inner.sets.equal(std::invoke(part, a), std::invoke(part, b));
                },
                [=](Whole& to, const Whole& from) {
                  inner.sets.copy(std::invoke(part, to), std::invoke(part, from));
                }};
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Tables one after the other, each row with its scope, label and default text.
template <class Target>
Table<Target> joined(Scope scope, std::initializer_list<Table<Target>> parts, const Target& defaults = {}) {
  Table<Target> all;
  for (const Table<Target>& part : parts) all.insert(all.end(), part.begin(), part.end());
  for (Setting<Target>& row : all) {
    row.info.scope = scope;
    if (scope == Scope::Workload) row.info.label = "healer." + std::string(row.info.key);
    if (row.show) row.info.default_text = row.show(defaults);
  }
  return all;
}

const Table<Policy>& workload_settings();
const Table<DaemonSettings>& daemon_settings();

/// Both tables' entries, workload settings first.
std::vector<const SettingInfo*> all_settings();

/// Gives `now` the settings of `after`, but for those that hold after a restart. The keys of these that
/// differ.
std::vector<std::string_view> take_reloadable(DaemonSettings& now, const DaemonSettings& after);

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
