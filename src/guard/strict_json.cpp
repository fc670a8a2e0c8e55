#include "guard/strict_json.hpp"

#include <set>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include "base/text.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 16;

/// Boost.JSON's handler that only looks at the keys.
struct KeyHandler {
  static constexpr std::size_t max_object_size = 4096;
  static constexpr std::size_t max_array_size = 65536;
  static constexpr std::size_t max_key_size = 4096;
  static constexpr std::size_t max_string_size = 1 << 20;

  std::vector<std::set<std::string>> open;
  std::string key;
  std::string twice;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    open.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key.append(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    key.append(part);
    if (!open.back().insert(folded_key(key)).second && twice.empty()) twice = key;
    key.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

}  // namespace

std::string folded_key(std::string_view key) {
  std::string folded;
  for (std::size_t at = 0; at < key.size(); ++at) {
    const std::string_view rest = key.substr(at);
    if (rest.starts_with("\xC5\xBF")) {
      folded += 's';
      at += 1;
    } else if (rest.starts_with("\xE2\x84\xAA")) {
      folded += 'k';
      at += 2;
    } else {
      folded += rest.front();
    }
  }
  return lower(folded);
}

Ruled<json::object> parse_strict(std::string_view text) {
  json::parse_options options;
  options.max_depth = deepest;
  json::basic_parser<KeyHandler> keys(options);
  json::error_code fault;
  const std::size_t used = keys.write_some(false, text.data(), text.size(), fault);
  if (fault || used != text.size()) return refuse(Rule::Json, "the body is no JSON of at most 16 levels");
  if (const std::string& twice = keys.handler().twice; breaks(Rule::Json, !twice.empty()))
    return refuse(Rule::Json, "key \"" + clip(printable(twice), 40) + "\" stands there twice");
  json::value value = json::parse(text, fault, {}, options);
  if (fault || !value.is_object()) return refuse(Rule::Json, "the body is no JSON object");
  return std::move(value.get_object());
}

}  // namespace healer::guard
