#include "guard/words.hpp"

#include <utility>

#include <boost/json/parse.hpp>

#include "base/shell_words.hpp"
#include "base/text.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

std::optional<std::vector<std::string>> list_of(std::string_view text) {
  json::error_code fault;
  const json::value value = json::parse(text, fault);
  if (fault || !value.is_array()) return {};
  std::vector<std::string> words;
  for (const json::value& word : value.get_array()) {
    if (!word.is_string()) return {};
    words.emplace_back(word.get_string());
  }
  return words;
}

}  // namespace

std::optional<std::vector<std::string>> command_words(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) return list_of(text);
  auto words = split_words(text);
  if (!words) return {};
  return std::move(*words);
}

std::optional<std::vector<std::string>> comma_parts(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) return list_of(text);
  auto parts = split_outside_quotes(text, ',');
  if (!parts) return {};
  return std::move(*parts);
}

}  // namespace healer::guard
