#include "config/words.hpp"

#include <cstddef>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/yaml_file.hpp"

namespace healer {
namespace {

constexpr std::size_t most_words = 64;
constexpr std::size_t most_bytes = 4096;

}  // namespace

Words read_words_or_list(std::string_view text) {
  if (!trim(text).starts_with('[')) return split_words(text);
  auto items = read_list(trim(text));
  if (!items) return tl::unexpected<std::string>("it begins with '[' but is no list of texts");
  return std::move(*items);
}

std::string refuse_command(const std::vector<std::string>& words) {
  if (words.empty() || words.front().empty()) return "the command is empty";
  if (words.size() > most_words) return fmt::format("{} words; at most {}", words.size(), most_words);
  std::size_t bytes = 0;
  for (const std::string& word : words) {
    bytes += word.size();
    if (word.find('\0') != std::string::npos) return "a word holds a zero byte";
  }
  return bytes > most_bytes ? fmt::format("{} bytes; at most {}", bytes, most_bytes) : "";
}

}  // namespace healer
