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

/// Workload settings come from environment, file and label; daemon settings from environment, file and flag;
/// a channel's from environment and file; those of an object of the file only from the file.
enum class Scope { Workload, Daemon, Channel, Object };

/// Whether a value was accepted; if not, the reason and the nearest valid value.
struct Applied {
  Applied(bool is_taken) : taken(is_taken) {}  // NOLINT: most settings give only yes or no
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
  std::optional<std::size_t> item = {};  ///< index of the list item that is refused
};

/// The form of a kind of value, for every setting of that kind. Its text and its check use the same bounds.
struct KindInfo {
  std::string type = {};                       ///< "duration", "number", "choice" ...
  std::string accepted = {};                   ///< "a duration from 100ms to 24h, such as ..."
  std::string range = {};                      ///< short form for a table; empty: as `accepted`
  std::vector<std::string_view> choices = {};  ///< the valid words of a choice, for "did you mean"
  char list_separator = '\0';                  ///< joins a YAML sequence; 0: no sequence allowed
  bool secret = false;                         ///< its value is never printed
  /// Whether this text may hold a secret, so that no message may quote it. Null: no text may.
  bool (*conceals)(std::string_view) = nullptr;
};

/// Properties that few settings have.
struct Traits {
  std::string_view flag = {};        ///< "--listen"; empty: none
  bool required = false;             ///< its object is incomplete without it
  bool after_restart = false;        ///< a reload does not change it, only a restart of healer
  bool env_is_presence = false;      ///< the variable with any value means true (DOCKER_TLS_VERIFY)
  bool is_text = false;              ///< spaces around the value are part of it
  bool of_probe = false;             ///< belongs to a probe: also healer.probes.NAME.KEY
  std::vector<ProbeKind> fits = {};  ///< kinds of probe that it affects; empty: every kind
};

/// A setting's names, and the values it accepts.
struct SettingInfo : KindInfo, Traits {
  /// In the file: under `defaults:` for workload settings, in the object's own map, else at the top level.
  std::string_view key = {};
  std::string env = {};           ///< the variable; without the prefix HEALER_, both forms are read
  std::string label = {};         ///< "healer.interval"; empty: none
  std::string description = {};   ///< one or two sentences for the reference
  std::string default_text = {};  ///< value of a default-constructed target, in accepted form; empty: none
  Scope scope = Scope::Object;
};

/// Reads and shows a kind of value.
template <class Value>
struct Kind {
  KindInfo info;
  /// When the text is refused, the value is unchanged.
  std::function<Applied(Value&, std::string_view)> read;
  /// In a form that read() reads back. Empty means unset.
  std::function<std::string(const Value&)> show;
  /// Reads a list item by item. Empty: the list is joined to one text.
  std::function<Applied(Value&, const std::vector<std::string>&)> read_list = {};
};

/// The target's members that a setting sets.
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

/// One row of a table: the only definition of a setting's names, values and target. Parsing, labels, flags,
/// suggestions, `check-config`, the reload and docs/configuration.md are made from the rows.
template <class Target>
struct Setting {
  SettingInfo info;
  /// Reads the text into the target; when the text is refused, the target is unchanged.
  std::function<Applied(Target&, std::string_view)> apply;
  std::function<std::string(const Target&)> show;
  std::function<Applied(Target&, const std::vector<std::string>&)> apply_list = {};
  /// Reads a map or a list of maps of the file. Empty: the setting is a single value.
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

/// A part's settings, as settings of the whole. `part`: a member, or a function that returns a reference to
/// it.
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

/// Joins tables, and sets each row's scope, label and default text.
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

/// Gives `now` the settings of `after`, except those that need a restart. Returns the keys of these that
/// differ.
std::vector<std::string_view> take_reloadable(DaemonSettings& now, const DaemonSettings& after);

/// A setting's variables, the one that wins first: {"HEALER_CHECK_INTERVAL", "CHECK_INTERVAL"}; may be none.
std::vector<std::string> env_names(const SettingInfo& info);

/// The two labels that opt a container in or out: healer.enable is healer's own, monitored is in common use.
inline constexpr std::string_view opt_in_labels[] = {"monitored", "healer.enable"};

/// The variable and flag that name the configuration file itself.
inline constexpr std::string_view config_file_env = "HEALER_CONFIG";

/// The kinds of place that a name can be written in.
enum class NameKind { Env, FileDefaults, FileTop, Label, Flag };

/// The valid name for that place that is nearest to `seen`; empty when none is near. A setting's name for
/// another place counts as near: HEALER_TIMEOUT suggests HEALER_REQUEST_TIMEOUT.
std::string suggest_name(NameKind kind, std::string_view seen);

/// The value for a message: printable, short, "<redacted>" if it is or may hold a secret.
std::string quotable(const SettingInfo& info, std::string_view value);

/// A message's words about a refused value: "is not valid", with the reason if there is one.
std::string refusal(const Applied& applied);

/// The nearest valid word of a choice; empty for other settings or when none is near.
std::string suggest_value(const SettingInfo& info, std::string_view seen);

}  // namespace healer
