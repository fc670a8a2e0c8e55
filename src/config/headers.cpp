#include "config/headers.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/yaml_file.hpp"

namespace healer {
namespace {

bool is_token(std::string_view text) {
  return is_word(text, 128, "!#$%&'*+-.^_`|~");
}

/// No character that could end or split the header's line.
bool is_header_value(std::string_view text) {
  return text.size() <= 4096 && std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
         });
}

/// healer writes these headers itself; a second one would contradict the first.
constexpr std::array<std::string_view, 5> own_headers{"host", "connection", "content-length",
                                                      "transfer-encoding", "upgrade"};

}  // namespace

Applied read_headers(std::string_view text, std::vector<HttpHeader>& into) {
  constexpr std::size_t most = 32;
  std::vector<std::string> lines;
  if (trim(text).starts_with('[')) {
    auto items = read_list(trim(text));
    if (!items) return Applied::refused("it begins with '[' but is no list of texts");
    lines = std::move(*items);
  } else {
    lines = split(text, '\n');
  }
  std::vector<HttpHeader> headers;
  for (const std::string& line : lines) {
    if (trim(line).empty()) continue;  // a YAML block of lines ends with a line end
    const auto colon = line.find(':');
    const std::string name(trim(std::string_view(line).substr(0, colon)));
    if (colon == std::string::npos || !is_token(name))
      return Applied::refused(fmt::format("header {} is not of the form Name: value", headers.size() + 1));
    if (std::find(own_headers.begin(), own_headers.end(), lower(name)) != own_headers.end())
      return Applied::refused(fmt::format("{} is set by healer itself{}", name,
                                          lower(name) == "host" ? " (the setting 'host')" : ""));
    const std::string_view value = trim(std::string_view(line).substr(colon + 1));
    if (!is_header_value(value)) return Applied::refused(fmt::format("the value of {} is no text", name));
    headers.push_back(HttpHeader{name, Secret(std::string(value))});
  }
  if (headers.empty()) return false;
  if (headers.size() > most)
    return Applied::refused(fmt::format("{} headers; at most {}", headers.size(), most));
  into = std::move(headers);
  return true;
}

std::string show_headers(const std::vector<HttpHeader>& headers) {
  std::string text;
  for (const HttpHeader& header : headers) {
    if (!text.empty()) text += "; ";
    text += header.name + ": " + to_string(header.value);
  }
  return text;
}

}  // namespace healer
