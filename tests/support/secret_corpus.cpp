#include "support/secret_corpus.hpp"

#include <array>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

namespace healer::test {
namespace {

using Random = std::mt19937_64;

constexpr std::string_view digits = "0123456789";
constexpr std::string_view hexadecimal = "0123456789abcdef";
constexpr std::string_view small_letters = "abcdefghijklmnopqrstuvwxyz";
const std::string capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const std::string letters_and_digits = std::string(small_letters) + capitals + std::string(digits);

std::string any_of(Random& random, std::string_view letters, std::size_t length) {
  std::string text;
  while (text.size() < length) text += letters[random() % letters.size()];
  return text;
}

std::string any_uuid(Random& random) {
  std::string text;
  for (const std::size_t length : {8, 4, 4, 4, 12}) {
    if (!text.empty()) text += '-';
    text += any_of(random, hexadecimal, length);
  }
  return text;
}

std::string any_number(Random& random, unsigned from, unsigned to) {
  return std::to_string(from + random() % (to - from + 1));
}

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream in(std::string(SUPPORT_FILES) + "/" + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (!line.starts_with('#')) lines.push_back(line);
  if (lines.empty()) throw std::runtime_error(file + " cannot be read");
  return lines;
}

void replace_all(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t i = text.find(what); i != std::string::npos; i = text.find(what, i + by.size()))
    text.replace(i, what.size(), by);
}

std::string secret_of(const std::string& kind, Random& random) {
  if (kind == "P") return "s3" + any_of(random, letters_and_digits, 9) + "9";
  if (kind == "L") return any_of(random, letters_and_digits, 28);
  if (kind == "X") return any_of(random, letters_and_digits, 60);
  if (kind == "B") return any_of(random, letters_and_digits + "+/", 40);
  if (kind == "W") return any_of(random, letters_and_digits + "-_", 43);
  if (kind == "U") return any_uuid(random);
  if (kind == "N") return any_of(random, digits, 6);
  if (kind == "C") return any_of(random, capitals + "234567", 16);
  if (kind == "A") return any_of(random, small_letters, 17);
  if (kind == "H32" || kind == "H40" || kind == "H64")
    return any_of(random, hexadecimal, std::stoul(kind.substr(1)));
  if (kind == "D")
    return any_of(random, letters_and_digits, 24) + "." + any_of(random, letters_and_digits, 6) + "." +
           any_of(random, letters_and_digits, 38);
  throw std::runtime_error("no kind of secret: " + kind);
}

std::string filled(const std::string& place, Random& random) {
  static constexpr std::array<std::string_view, 24> words{
      "orders", "billing", "catalog", "queue", "worker", "gateway", "session", "user",
      "cart",   "stock",   "search",  "index", "mail",   "report",  "metric",  "proxy",
      "cache",  "shard",   "replica", "auth",  "login",  "media",   "import",  "batch"};
  constexpr std::string_view pod_letters = "bcdfghjklmnpqrstvwxz2456789";
  const auto word = [&] { return std::string(words[random() % words.size()]); };
  const auto two = [&](unsigned most) { return fmt::format("{:02}", random() % (most + 1)); };
  if (place == "n") return any_number(random, 1, 9999);
  if (place == "n4") return any_number(random, 1024, 9999);
  if (place == "ms") return fmt::format("{}.{}", random() % 900, random() % 10);
  if (place == "ver") return fmt::format("{}.{}.{}", random() % 20, random() % 30, random() % 30);
  if (place == "word") return word();
  if (place == "name") return word() + "-" + word();
  if (place == "pod")
    return word() + "-" + any_of(random, pod_letters, 10) + "-" + any_of(random, pod_letters, 5);
  if (place == "uuid") return any_uuid(random);
  if (place == "b64") return any_of(random, letters_and_digits + "+/", 43);
  if (place == "ip") return fmt::format("10.{}.{}.{}", random() % 256, random() % 256, random() % 256);
  if (place == "time" || place == "date") {
    const std::string day = fmt::format("2026-11-{:02}", 1 + random() % 30);
    const std::string clock = two(23) + ":" + two(59) + ":" + two(59);
    return place == "date" ? day + " " + clock : day + "T" + clock + ".123Z";
  }
  if (place.starts_with("hex")) return any_of(random, hexadecimal, std::stoul(place.substr(3)));
  if (place == "-") return "-----";
  return "{" + place + "}";  // a brace of the line
}

std::string filled_line(const std::string& line, Random& random) {
  std::string out;
  for (std::size_t i = 0; i < line.size();) {
    const auto end = line.find('}', i);
    const bool place = line[i] == '{' && end != std::string::npos && end - i < 8 &&
                       line.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-", i + 1) == end &&
                       end > i + 1;
    if (!place) {
      out += line[i++];
      continue;
    }
    out += filled(line.substr(i + 1, end - i - 1), random);
    i = end + 1;
  }
  return out;
}

}  // namespace

std::vector<PlantedSecret> planted_secrets(std::uint64_t seed) {
  Random random(seed);
  std::vector<PlantedSecret> planted;
  for (const std::string& line : lines_of("secret_forms.txt")) {
    const auto blank = line.find(' ');
    PlantedSecret one{line, line.substr(blank + 1), secret_of(line.substr(0, blank), random)};
    replace_all(one.text, "{S}", one.secret);
    replace_all(one.text, "{-}", "-----");
    replace_all(one.text, "{n}", "\n");
    planted.push_back(std::move(one));
  }
  return planted;
}

std::vector<std::string> harmless_lines(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  const std::vector<std::string> lines = lines_of("harmless_lines.txt");
  std::vector<std::string> filled;
  while (filled.size() < count) filled.push_back(filled_line(lines[filled.size() % lines.size()], random));
  return filled;
}

}  // namespace healer::test
