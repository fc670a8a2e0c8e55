#include "config/setting_kinds.hpp"

#include <cmath>

#include "config/url.hpp"
#include "config/words.hpp"

namespace healer::kinds {
namespace {

std::optional<double> read_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text = trim(text.substr(0, text.size() - 1));
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (text.empty() || error != std::errc() || last != end) return std::nullopt;
  if (percent) value /= 100;
  if (!(value >= 0 && value <= 1)) return std::nullopt;
  return std::round(value * 1e6) / 1e6;
}

std::string show_share(double value) {
  std::string text = fmt::format("{:.6f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

struct ByteUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr ByteUnit byte_units[] = {{"tib", 1ULL << 40},
                                   {"gib", 1ULL << 30},
                                   {"mib", 1ULL << 20},
                                   {"kib", 1ULL << 10},
                                   {"gb", 1000000000},
                                   {"mb", 1000000},
                                   {"kb", 1000},
                                   {"g", 1000000000},
                                   {"m", 1000000},
                                   {"k", 1000},
                                   {"b", 1}};

std::optional<std::uint64_t> read_bytes(std::string_view text) {
  const std::string wanted = lower(trim(text));
  std::uint64_t number = 0;
  const char* end = wanted.data() + wanted.size();
  const auto [last, error] = std::from_chars(wanted.data(), end, number);
  if (wanted.empty() || error != std::errc()) return std::nullopt;
  const std::string_view unit = trim(std::string_view(last, static_cast<std::size_t>(end - last)));
  if (unit.empty()) return number;
  for (const ByteUnit& known : byte_units) {
    if (unit != known.name) continue;
    if (number > (1ULL << 50) / known.bytes) return std::nullopt;
    return number * known.bytes;
  }
  return std::nullopt;
}

/// The shortest form in powers of 1024 that read_bytes() reads back exactly.
std::string show_bytes(std::uint64_t bytes) {
  constexpr std::string_view names[] = {"KiB", "MiB", "GiB", "TiB"};
  for (unsigned power = 4; power > 0; --power)
    if (const unsigned shift = 10 * power; bytes != 0 && bytes % (1ULL << shift) == 0)
      return fmt::format("{}{}", bytes >> shift, names[power - 1]);
  return std::to_string(bytes);
}

}  // namespace

Kind<double> share() {
  return parsed<double>({"share", "a share from 0 to 1, or a percentage from 0% to 100%"}, read_share,
                        show_share);
}

Kind<double> per_cent() {
  return parsed<double>(
      {"number", "a whole number of per cent from 0 to 100", "0 to 100"},
      [](std::string_view text) {
        if (text.ends_with('%')) text = trim(text.substr(0, text.size() - 1));
        const auto value = read_whole(text, 0, 100);
        return value ? std::optional<double>(*value) : std::nullopt;
      },
      [](double value) { return fmt::format("{:.0f}", value); });
}

Kind<std::uint64_t> byte_size(std::uint64_t low, std::uint64_t high) {
  const std::string range = fmt::format("{} to {}", show_bytes(low), show_bytes(high));
  return parsed<std::uint64_t>(
      {"size", fmt::format("a size from {}, such as 64MiB or 500k", range), range},
      [=](std::string_view text) {
        const auto value = read_bytes(text);
        return value && *value >= low && *value <= high ? value : std::nullopt;
      },
      show_bytes);
}

Kind<std::vector<std::string>> arguments() {
  using Arguments = std::vector<std::string>;
  const auto take = [](Arguments& target, const Arguments& words) -> Applied {
    if (std::string reason = refuse_command(words); !reason.empty())
      return Applied::refused(std::move(reason));
    target = words;
    return true;
  };
  KindInfo info{"arguments",
                "a command and its arguments, as a shell splits them (quotes and backslashes, nothing else), "
                "or a list"};
  info.list_separator = ' ';
  return {std::move(info),
          [take](Arguments& target, std::string_view text) -> Applied {
            const auto words = read_words_or_list(text);
            return words ? take(target, *words) : Applied::refused(words.error());
          },
          show_words, take};
}

Kind<Secret> secret_url() {
  return secret("URL", "an http:// or https:// URL with a host", is_http_url);
}

}  // namespace healer::kinds
