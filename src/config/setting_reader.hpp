#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "config/config_error.hpp"
#include "config/load.hpp"
#include "config/setting.hpp"
#include "config/yaml_file.hpp"

namespace healer {

/// The file that holds a secret may be named instead of the value: NAME_FILE for a variable, key_file in the
/// file.
inline constexpr const char* secret_file_suffix = "_FILE";
inline constexpr const char* secret_file_key_suffix = "_file";

/// The variable's value; null if it is unset or empty, because compose's `${NAME:-}` passes an unset variable
/// as an empty one.
const std::string* find_variable(const Environment& environment, const std::string& name);

/// A map or a list of maps of the file, and its place.
struct ObjectPlace {
  const std::string& file;
  const YamlNode& value;
  int line = 0;               ///< of the key, or of the list's item
  std::string name;           ///< its name in errors: "routes[2].match"
  std::string what = {};      ///< "of a channel of type slack", for errors about unknown keys
  std::string_view but = {};  ///< a key that the caller reads itself
};

/// Reads settings into their targets; errors, warnings and effective settings go to the constructor's lists.
class SettingReader {
 public:
  SettingReader(ConfigErrors& errors, std::vector<std::string>& warnings,
                std::vector<EffectiveSetting>& effective)
      : errors_(errors), warnings_(warnings), effective_(effective) {}

  /// Reads the setting's variables, or the files they name. Returns the name of the variable that was read;
  /// empty when none is set.
  template <class Target>
  std::string read_variables(const Environment& environment, const Setting<Target>& setting, Target& target) {
    const Found found = find(environment, setting.info);
    if (found.name.empty()) return {};
    const Origin origin{Origin::Kind::Environment, found.name};
    if (found.is_file)
      apply_secret_file(setting, target, found.name, *found.value, origin);
    else
      apply(setting, target, found.name, setting.info.env_is_presence ? "true" : *found.value, origin);
    return found.name;
  }

  /// Reads an entry of the file; false if the entry is not this setting's. `name`: its name in messages.
  template <class Target>
  bool read_entry(const std::string& file, const FileEntry& entry, const std::string& name,
                  const Setting<Target>& setting, Target& target) {
    const SettingInfo& info = setting.info;
    Origin origin{Origin::Kind::File, file, entry.line};
    if (!is_key_of(info, entry.key)) return false;
    if (entry.from_list && (entry.key != info.key || (info.list_separator == '\0' && !setting.apply_list)))
      refuse(origin, name, "", "a list; a single value is expected", info.accepted);
    else if (entry.key != info.key)
      apply_secret_file(setting, target, name, entry.value, origin);
    else if (!entry.from_list)
      apply(setting, target, name, entry.value, origin);
    else
      apply_list(setting, target, entry, name, std::move(origin));
    return true;
  }

  template <class Target>
  void apply(const Setting<Target>& setting, Target& target, const std::string& name, std::string_view text,
             const Origin& origin) {
    const std::string_view value = setting.info.is_text ? text : trim(text);
    note(setting, target, name, value, origin, setting.apply(target, value));
  }

  /// Reads a map by its table. Returns the keys that were given, accepted or not.
  template <class Target>
  std::set<std::string_view> read_object(const ObjectPlace& at, const Table<Target>& table, Target& target) {
    std::set<std::string_view> given;
    const std::vector<std::string_view> keys = keys_of(table);
    const std::size_t before = errors_.size();
    if (at.value.kind != YamlNode::Kind::Map) {
      refuse_kind(at, "a map of settings", keys);
      return given;
    }
    for (std::size_t i = 0; i + 1 < at.value.children.size(); i += 2) {
      const YamlNode& key = at.value.children[i];
      if (key.text == at.but) continue;
      const auto row = std::find_if(table.begin(), table.end(),
                                    [&](const auto& each) { return is_key_of(each.info, key.text); });
      if (row == table.end()) {
        refuse_key(at, key, infos_of(table));
        continue;
      }
      const ObjectPlace inner{at.file, at.value.children[i + 1], key.line, at.name + "." + key.text};
      if (row->read_object)
        row->read_object(target, inner, *this);
      else if (const auto entry = healer::read_entry(at.file, key, inner.value, inner.name, errors_))
        read_entry(at.file, *entry, inner.name, *row, target);
      if (!given.insert(row->info.key).second)
        refuse(inner, "", fmt::format("{0} and {0}_file are both given", row->info.key), "one of them");
    }
    if (row_scope(table) == Scope::Object && errors_.size() == before)
      for (const Setting<Target>& row : table)
        if (row.info.required && !given.contains(row.info.key))
          refuse({Origin::Kind::File, at.file, at.line}, fmt::format("{}.{}", at.name, row.info.key), "",
                 "is missing", row.info.accepted);
    return given;
  }

  /// Reads a list of maps with unique names, and returns the line of each. `noun`: what an item is called;
  /// `check` is called with each valid item.
  template <class Target, class Check>
  std::vector<int> read_objects(const ObjectPlace& at, std::string_view noun, std::size_t most,
                                const Table<Target>& table, std::vector<Target>& targets, Check check) {
    std::vector<int> lines;
    const std::vector<YamlNode>& items = at.value.children;
    if (at.value.kind != YamlNode::Kind::Sequence)
      refuse_kind(at, fmt::format("a list of {}s", noun), {});
    else if (items.size() > most)
      refuse(at, "", fmt::format("{} {}s; at most {}", items.size(), noun, most));
    else
      for (const YamlNode& item : items) {
        const ObjectPlace place{at.file, item, item.line, fmt::format("{}[{}]", at.name, lines.size() + 1)};
        Target target;
        const std::size_t before = errors_.size();
        read_object(place, table, target);
        if (errors_.size() == before) check(target, place);
        const auto twin = std::find_if(targets.begin(), targets.end(),
                                       [&](const Target& each) { return each.name == target.name; });
        if (twin != targets.end() && !target.name.empty())
          refuse({Origin::Kind::File, at.file, item.line}, place.name + ".name", shown_value(target.name),
                 fmt::format("is the name of the {} in line {}, too", noun,
                             lines[static_cast<std::size_t>(twin - targets.begin())]),
                 fmt::format("one name for one {}", noun));
        targets.push_back(std::move(target));
        lines.push_back(item.line);
      }
    return lines;
  }

  void refuse(Origin origin, std::string name, std::string value, std::string problem,
              std::string accepted = {}, std::string nearest = {}) {
    errors_.push_back(ConfigError{std::move(name), std::move(value), std::move(origin), std::move(problem),
                                  std::move(accepted), std::move(nearest)});
  }
  void refuse(const ObjectPlace& at, std::string value, std::string problem, std::string accepted = {},
              std::string nearest = {}) {
    refuse({Origin::Kind::File, at.file, at.line}, at.name, std::move(value), std::move(problem),
           std::move(accepted), std::move(nearest));
  }
  void warn(std::string warning) { warnings_.push_back(std::move(warning)); }
  std::size_t errors() const { return errors_.size(); }

 private:
  /// A variable that is set, or the file that NAME_FILE names instead.
  struct Found {
    std::string name = {};
    const std::string* value = nullptr;
    bool is_file = false;
  };
  Found find(const Environment& environment, const SettingInfo& info);
  /// Whether the value is a service's address in place of a number, a port or a host; then it is warned
  /// about.
  bool is_foreign(const SettingInfo& info, const std::string& name, const std::string& value);

  static bool is_key_of(const SettingInfo& info, std::string_view key);
  template <class Target>
  static Scope row_scope(const Table<Target>& table) {
    return table.empty() ? Scope::Object : table.front().info.scope;
  }
  template <class Target>
  static std::vector<const SettingInfo*> infos_of(const Table<Target>& table) {
    std::vector<const SettingInfo*> infos;
    for (const Setting<Target>& row : table) infos.push_back(&row.info);
    return infos;
  }
  template <class Target>
  static std::vector<std::string_view> keys_of(const Table<Target>& table) {
    std::vector<std::string_view> keys;
    for (const Setting<Target>& row : table) keys.push_back(row.info.key);
    return keys;
  }
  void refuse_kind(const ObjectPlace& at, std::string_view expected,
                   const std::vector<std::string_view>& keys);
  void refuse_key(const ObjectPlace& at, const YamlNode& key, const std::vector<const SettingInfo*>& known);

  template <class Target>
  void apply_list(const Setting<Target>& setting, Target& target, const FileEntry& entry,
                  const std::string& name, Origin origin) {
    const std::string separator(1, setting.info.list_separator);
    std::string joined = fmt::format("{}", fmt::join(entry.items, separator));
    if (!setting.apply_list) return apply(setting, target, name, joined, origin);
    const Applied applied = setting.apply_list(target, entry.items);
    if (applied.item) {
      joined = entry.items[*applied.item];
      origin.line = entry.item_lines[*applied.item];
    }
    note(setting, target, name, joined, origin, applied);
  }

  template <class Target>
  void note(const Setting<Target>& setting, const Target& target, const std::string& name,
            std::string_view value, const Origin& origin, const Applied& applied) {
    if (!applied)
      note_refusal(setting.info, name, value, origin, applied);
    else if (setting.info.scope != Scope::Object)
      note_effective(effective_, setting.info, setting.show(target), origin);
  }
  void note_refusal(const SettingInfo& info, const std::string& name, std::string_view value,
                    const Origin& origin, const Applied& applied);

  template <class Target>
  void apply_secret_file(const Setting<Target>& setting, Target& target, const std::string& name,
                         const std::string& path, const Origin& origin) {
    if (const auto text = secret_of(name, path, origin)) apply(setting, target, name, *text, origin);
  }
  std::optional<std::string> secret_of(const std::string& name, const std::string& path,
                                       const Origin& origin);

  ConfigErrors& errors_;
  std::vector<std::string>& warnings_;
  std::vector<EffectiveSetting>& effective_;
};

/// A row whose value is a map with a table of its own.
template <class Target, class Part>
Setting<Target> object(std::string_view key, Part Target::*member, Table<Part> table,
                       std::string description) {
  Setting<Target> row;
  row.info.key = key;
  row.info.accepted = "a map";
  row.info.description = std::move(description);
  row.read_object = [member, table = std::move(table)](Target& target, const ObjectPlace& at,
                                                       SettingReader& reader) {
    reader.read_object(at, table, target.*member);
  };
  row.sets = fields(member);
  return row;
}

}  // namespace healer
