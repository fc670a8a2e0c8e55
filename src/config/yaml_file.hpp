#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "config/config_error.hpp"

namespace healer {

/// A configuration file: its name, for messages, and its text.
struct ConfigText {
  std::string name;
  std::string text;
};

inline constexpr std::size_t config_file_limit = 1024 * 1024;  ///< bytes

/// Reads the file. Refuses one that cannot be opened, is a folder, or is larger than config_file_limit.
tl::expected<ConfigText, ConfigError> read_config_file(const std::string& path);

/// One `key: value` of the file.
struct FileEntry {
  std::string key;
  std::string value;  ///< empty for a list
  int line = 0;
  std::vector<std::string> items = {};
  std::vector<int> item_lines = {};
  bool from_list = false;  ///< the value is `items`
};

/// A value of the file, not interpreted.
struct YamlNode {
  enum class Kind { Null, Scalar, Sequence, Map };
  Kind kind = Kind::Null;
  std::string text;                ///< Scalar
  int line = 0;                    ///< from 1
  std::vector<YamlNode> children;  ///< Sequence: items; Map: key, value, key, value ...
};

/// "a list", for messages.
const char* to_string(YamlNode::Kind kind);

/// The key's node in the map; null when the map has no such key. The value is the next node.
const YamlNode* find_key(const YamlNode& map, std::string_view key);

/// A key of the top level with its own reader. In its maps, keys are single values, and no key is written
/// twice. It is at most six levels deep, counted from the document.
struct FileSection {
  std::string key;
  int line = 0;
  YamlNode value;
};

/// The file's settings: the daemon's at the top level, workload settings under `defaults:`.
struct FileEntries {
  std::vector<FileEntry> top;
  std::vector<FileEntry> defaults;
  std::vector<FileSection> sections;
};

/// The keys that are sections.
std::span<const std::string_view> section_keys();

/// Reads one YAML document of the shape above. Checks only the structure, not names and values. Refuses, each
/// with its line: text that is not YAML, more than one document, duplicate keys, aliases (so that no text can
/// expand beyond its size), explicit tags, deeper nesting, missing values. Valid entries are returned beside
/// the errors of the others.
FileEntries read_entries(const ConfigText& file, ConfigErrors& errors);

/// A key and its value as an entry, if the value is a single value or a list of single values. `name`: the
/// key's name in errors.
std::optional<FileEntry> read_entry(const std::string& file, const YamlNode& key, const YamlNode& value,
                                    const std::string& name, ConfigErrors& errors);

/// The items of a list of single values that a label or a variable holds: ["a b", "c"]. Empty optional when
/// the text is no list.
std::optional<std::vector<std::string>> read_list(std::string_view text);

}  // namespace healer
