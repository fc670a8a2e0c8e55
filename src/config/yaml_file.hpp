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

/// A configuration file as read: its name, for messages, and its text.
struct ConfigText {
  std::string name;
  std::string text;
};

inline constexpr std::size_t config_file_limit = 1024 * 1024;  ///< bytes

/// The file's text. Refused when it cannot be opened, is a folder, or is larger than the limit.
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

/// A value of the file as it stands there.
struct YamlNode {
  enum class Kind { Null, Scalar, Sequence, Map };
  Kind kind = Kind::Null;
  std::string text;                ///< Scalar
  int line = 0;                    ///< from 1
  std::vector<YamlNode> children;  ///< Sequence: items; Map: key, value, key, value ...
};

/// "a list", for messages.
const char* to_string(YamlNode::Kind kind);

/// The key's node in the map; null when the map has no such key. The value stands behind it.
const YamlNode* find_key(const YamlNode& map, std::string_view key);

/// A key of the top level whose value has a shape of its own, with a reader of its own. Its maps' keys are
/// single values, and none is written twice; it is at most six levels deep, the file's own included.
struct FileSection {
  std::string key;
  int line = 0;
  YamlNode value;
};

/// What the file says: daemon settings at its top level, workload settings under `defaults:`.
struct FileEntries {
  std::vector<FileEntry> top;
  std::vector<FileEntry> defaults;
  std::vector<FileSection> sections;
};

/// The keys that are sections.
std::span<const std::string_view> section_keys();

/// Reads one YAML document of the shape above. Structure only: whether names and values are valid is not
/// asked here. Refused, each with its line: text that is not YAML, more than one document, duplicate keys,
/// aliases (so no text can unfold into more than its size), explicit tags, deeper nesting, missing values.
/// Entries that are sound are returned beside the errors of those that are not.
FileEntries read_entries(const ConfigText& file, ConfigErrors& errors);

/// A key and its value as an entry, where the value is a single one or a list of these. `name` is what errors
/// call the key.
std::optional<FileEntry> read_entry(const std::string& file, const YamlNode& key, const YamlNode& value,
                                    const std::string& name, ConfigErrors& errors);

/// The items of a list of single values on its own, as in a label or a variable: ["a b", "c"]. Nothing when
/// it is not one.
std::optional<std::vector<std::string>> read_list(std::string_view text);

}  // namespace healer
