#include "config/yaml_file.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace healer {
namespace {

/// Keys of the top level that have their own readers.
constexpr std::string_view sections[] = {"channels", "limits", "prometheus", "routes", "webhooks"};

bool is_section(std::string_view key) {
  return std::find(std::begin(sections), std::end(sections), key) != std::end(sections);
}

/// Document, `defaults`, and a list of values. Only sections may be nested deeper.
constexpr std::size_t depth_limit = 3;
constexpr std::size_t section_depth_limit = 6;

using Node = YamlNode;
using NodeKind = YamlNode::Kind;

/// Stops reading the document: thrown through yaml-cpp, caught in read_document().
struct Refusal {
  int line = 0;
  std::string problem;
};

/// Builds the tree from yaml-cpp's events, and refuses an alias at its event, before it is expanded.
class TreeBuilder : public YAML::EventHandler {
 public:
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    add(Node{NodeKind::Null, {}, line_of(mark), {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refusal{line_of(mark), "an alias (*name) is not allowed; write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    refuse_tag(mark, tag);
    add(Node{NodeKind::Scalar, value, line_of(mark), {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::Sequence, mark, tag);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(NodeKind::Map, mark, tag);
  }
  void OnMapEnd() override { close(); }

 private:
  static int line_of(const YAML::Mark& mark) { return mark.line + 1; }

  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    // "?" and "!" are what yaml-cpp gives for plain and quoted values without a tag.
    if (!tag.empty() && tag != "?" && tag != "!")
      throw Refusal{line_of(mark), "a tag (!name) is not allowed"};
  }

  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag) {
    refuse_tag(mark, tag);
    if (open_.size() >= (in_section() ? section_depth_limit : depth_limit))
      throw Refusal{line_of(mark), "nested too deeply"};
    open_.push_back(Node{kind, {}, line_of(mark), {}});
  }

  bool in_section() const {
    if (open_.empty() || open_.front().kind != NodeKind::Map) return false;
    const std::vector<Node>& said = open_.front().children;
    return said.size() % 2 == 1 && said.back().kind == NodeKind::Scalar && is_section(said.back().text);
  }

  void close() {
    Node done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done));
  }

  void add(Node node) {
    if (open_.empty())
      root_ = std::move(node);
    else
      open_.back().children.push_back(std::move(node));
  }

  std::vector<Node> open_;
  Node root_;
};

ConfigError file_error(const std::string& file, int line, std::string problem, std::string key = {}) {
  ConfigError error;
  error.setting = std::move(key);
  error.origin = Origin{Origin::Kind::File, file, line};
  error.problem = std::move(problem);
  return error;
}

/// The file's only document; a null node when the file is empty.
Node read_document(const ConfigText& file, ConfigErrors& errors) {
  try {
    std::istringstream stream(file.text);
    YAML::Parser parser(stream);
    TreeBuilder first;
    if (!parser.HandleNextDocument(first)) return {};
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) {
      const int line = second.take().line;
      errors.push_back(file_error(file.name, line, "a second document begins; only one is read"));
      return {};
    }
    return first.take();
  } catch (const Refusal& refusal) {
    errors.push_back(file_error(file.name, refusal.line, refusal.problem));
  } catch (const YAML::Exception& exception) {
    // Only the parser's message: it never quotes the file's text.
    errors.push_back(file_error(file.name, exception.mark.is_null() ? 0 : exception.mark.line + 1,
                                "not valid YAML: " + exception.msg));
  }
  return {};
}

/// Walks the tree's maps and turns them into entries.
class EntryReader {
 public:
  EntryReader(const std::string& file, ConfigErrors& errors) : file_(file), errors_(errors) {}

  FileEntries read(const Node& root) {
    FileEntries entries;
    if (root.kind == NodeKind::Null) return entries;
    if (root.kind != NodeKind::Map) {
      error(root.line, fmt::format("the file is {}; a map of settings is expected", to_string(root.kind)));
      return entries;
    }
    read_map(root, [&](const Node& key, const Node& value) {
      if (key.text == "defaults")
        read_defaults(value, entries.defaults);
      else if (is_section(key.text))
        read_section(key, value, entries.sections);
      else
        read_entry(key, value, entries.top);
    });
    return entries;
  }

 private:
  void error(int line, std::string problem, const std::string& key = {}) {
    errors_.push_back(file_error(file_, line, std::move(problem), shown_value(key)));
  }

  template <class Each>
  void read_map(const Node& map, Each each) {
    std::vector<std::pair<std::string_view, int>> seen;
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      const Node& key = map.children[i];
      if (key.kind != NodeKind::Scalar) {
        error(key.line, "a setting's name is expected");
        continue;
      }
      if (i >= 2 * 1000) {  // bounds the number of errors, too
        error(key.line, "too many settings in one map");
        return;
      }
      if (const int* before = find(seen, key.text)) {
        error(key.line, fmt::format("written twice; first in line {}", *before), key.text);
        continue;
      }
      seen.emplace_back(key.text, key.line);
      each(key, map.children[i + 1]);
    }
  }

  static const int* find(const std::vector<std::pair<std::string_view, int>>& seen, std::string_view name) {
    for (const auto& [key, line] : seen)
      if (key == name) return &line;
    return nullptr;
  }

  void read_defaults(const Node& node, std::vector<FileEntry>& entries) {
    if (node.kind == NodeKind::Null) return;  // a key whose lines are all commented out
    if (node.kind != NodeKind::Map) {
      error(node.line, fmt::format("{}; a map of settings is expected", to_string(node.kind)), "defaults");
      return;
    }
    read_map(node, [&](const Node& key, const Node& value) { read_entry(key, value, entries); });
  }

  void read_section(const Node& key, const Node& value, std::vector<FileSection>& entries) {
    if (value.kind == NodeKind::Null) return;  // a key whose lines are all commented out
    const std::size_t before = errors_.size();
    check_maps(value);
    if (errors_.size() == before) entries.push_back({key.text, key.line, value});
  }

  void check_maps(const Node& node) {
    if (node.kind == NodeKind::Sequence)
      for (const Node& item : node.children) check_maps(item);
    if (node.kind == NodeKind::Map)
      read_map(node, [this](const Node&, const Node& value) { check_maps(value); });
  }

  void read_entry(const Node& key, const Node& value, std::vector<FileEntry>& entries) {
    auto entry = healer::read_entry(file_, key, value, shown_value(key.text), errors_);
    if (entry) entries.push_back(std::move(*entry));
  }

  const std::string& file_;
  ConfigErrors& errors_;
};

}  // namespace

std::span<const std::string_view> section_keys() {
  return sections;
}

const char* to_string(YamlNode::Kind kind) {
  switch (kind) {
    case NodeKind::Null:
      return "nothing";
    case NodeKind::Scalar:
      return "a single value";
    case NodeKind::Sequence:
      return "a list";
    case NodeKind::Map:
      return "a map";
  }
  return "unknown";
}

tl::expected<ConfigText, ConfigError> read_config_file(const std::string& path) {
  const auto refused = [&](std::string problem) {
    return tl::unexpected<ConfigError>(file_error(path, 0, std::move(problem)));
  };
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return refused(fmt::format("cannot be opened: {}", std::generic_category().message(errno)));
  ConfigText file{path, std::string(config_file_limit + 1, '\0')};
  errno = 0;
  // A folder opens, but reading it fails (libstdc++ throws no exception, it sets badbit).
  stream.read(file.text.data(), static_cast<std::streamsize>(file.text.size()));
  if (stream.bad()) return refused(fmt::format("cannot be read: {}", std::generic_category().message(errno)));
  file.text.resize(static_cast<std::size_t>(stream.gcount()));
  if (file.text.size() > config_file_limit)
    return refused(fmt::format("larger than {} bytes", config_file_limit));
  return file;
}

FileEntries read_entries(const ConfigText& file, ConfigErrors& errors) {
  if (file.text.size() > config_file_limit) {
    errors.push_back(file_error(file.name, 0, fmt::format("larger than {} bytes", config_file_limit)));
    return {};
  }
  return EntryReader(file.name, errors).read(read_document(file, errors));
}

const YamlNode* find_key(const YamlNode& map, std::string_view key) {
  if (map.kind != NodeKind::Map) return nullptr;
  for (std::size_t i = 0; i + 1 < map.children.size(); i += 2)
    if (map.children[i].text == key) return &map.children[i];
  return nullptr;
}

std::optional<FileEntry> read_entry(const std::string& file, const YamlNode& key, const YamlNode& value,
                                    const std::string& name, ConfigErrors& errors) {
  const auto refused = [&](int line, std::string problem) {
    errors.push_back(file_error(file, line, std::move(problem), name));
    return std::nullopt;
  };
  if (value.kind == NodeKind::Null) return refused(key.line, "the value is missing");
  if (value.kind == NodeKind::Map) return refused(key.line, "a map; a single value is expected");
  FileEntry entry{key.text, value.text, key.line};
  entry.from_list = value.kind == NodeKind::Sequence;
  for (const YamlNode& item : value.children) {
    if (item.kind != NodeKind::Scalar)
      return refused(item.line,
                     fmt::format("{} in a list; single values are expected", to_string(item.kind)));
    entry.items.push_back(item.text);
    entry.item_lines.push_back(item.line);
  }
  return entry;
}

std::optional<std::vector<std::string>> read_list(std::string_view text) {
  constexpr std::size_t limit = 16 * 1024;
  if (text.size() > limit) return std::nullopt;
  ConfigErrors errors;
  const Node root = read_document(ConfigText{{}, std::string(text)}, errors);
  if (!errors.empty() || root.kind != NodeKind::Sequence) return std::nullopt;
  std::vector<std::string> items;
  for (const Node& item : root.children) {
    if (item.kind != NodeKind::Scalar) return std::nullopt;
    items.push_back(item.text);
  }
  return items;
}

}  // namespace healer
