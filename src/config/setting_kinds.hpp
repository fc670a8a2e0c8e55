#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "config/setting.hpp"
#include "config/words.hpp"

// The kinds of settings: each builds a table entry whose accepted text and check come from the same bounds.
// `field` is a generic lambda that gives the field, const or not: [](auto& s) -> auto& { return s.timeout; }.
namespace healer::kinds {

/// A whole number within bounds, digits only.
inline std::optional<unsigned> read_whole(std::string_view text, unsigned low, unsigned high) {
  unsigned value = 0;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || last != end || value < low || value > high) return std::nullopt;
  return value;
}

inline std::optional<Duration> read_duration(std::string_view text, Duration low, Duration high) {
  const auto value = parse_duration(text);
  if (!value || *value < low || *value > high) return std::nullopt;
  return value;
}

inline std::string duration_range(Duration low, Duration high) {
  return fmt::format("{} to {}", format_duration(low), format_duration(high));
}

inline constexpr std::string_view duration_examples = ", such as 15, 1.5s or 1m30s";

template <class Target, class Field>
Setting<Target> duration(SettingInfo info, Duration low, Duration high, Field field) {
  info.type = "duration";
  info.range = duration_range(low, high);
  info.accepted = fmt::format("a duration from {}{}", info.range, duration_examples);
  return {std::move(info),
          [=](Target& target, std::string_view text) {
            const auto value = read_duration(text, low, high);
            if (value) field(target) = *value;
            return value.has_value();
          },
          [=](const Target& target) { return format_duration(field(target)); }};
}

/// A duration or "auto", which leaves the field empty.
template <class Target, class Field>
Setting<Target> duration_or_auto(SettingInfo info, Duration low, Duration high, Field field) {
  info.type = "duration";
  info.range = "auto, " + duration_range(low, high);
  info.accepted = fmt::format("auto, or a duration from {}{}", duration_range(low, high), duration_examples);
  return {std::move(info),
          [=](Target& target, std::string_view text) {
            if (lower(text) == "auto") {
              field(target).reset();
              return true;
            }
            const auto value = read_duration(text, low, high);
            if (value) field(target) = *value;
            return value.has_value();
          },
          [=](const Target& target) {
            return field(target) ? format_duration(*field(target)) : std::string("auto");
          }};
}

template <class Target, class Field>
Setting<Target> number(SettingInfo info, unsigned low, unsigned high, Field field) {
  info.type = "number";
  info.range = fmt::format("{} to {}", low, high);
  info.accepted = "a whole number from " + info.range;
  return {std::move(info),
          [=](Target& target, std::string_view text) {
            const auto value = read_whole(text, low, high);
            if (value) field(target) = *value;
            return value.has_value();
          },
          [=](const Target& target) { return std::to_string(field(target)); }};
}

template <class Target, class Field>
Setting<Target> boolean(SettingInfo info, Field field) {
  info.type = "boolean";
  info.range = "true, false";
  info.accepted = "true, yes, 1, on, false, no, 0 or off";
  return {std::move(info),
          [=](Target& target, std::string_view text) {
            const auto value = parse_bool(text);
            if (value) field(target) = *value;
            return value.has_value();
          },
          [=](const Target& target) { return std::string(field(target) ? "true" : "false"); }};
}

/// One of some words. The first word that names a value is the one it is shown as.
template <class Target, class Value, class Field>
Setting<Target> choice(SettingInfo info, std::vector<std::pair<std::string_view, Value>> words, Field field) {
  info.type = "choice";
  for (const auto& [word, value] : words) {
    info.choices.push_back(word);
    if (info.choices.size() > 1) info.accepted += info.choices.size() == words.size() ? " or " : ", ";
    info.accepted += word;
  }
  return {std::move(info),
          [=](Target& target, std::string_view text) {
            const std::string wanted = lower(text);
            for (const auto& [word, value] : words) {
              if (wanted == lower(word)) {
                field(target) = value;
                return true;
              }
            }
            return false;
          },
          [=](const Target& target) {
            for (const auto& [word, value] : words)
              if (field(target) == value) return std::string(word);
            return std::string();
          }};
}

/// Text that a predicate accepts; `accepted` says the same in words.
template <class Target, class Field>
Setting<Target> text(SettingInfo info, std::string accepted, bool (*valid)(std::string_view), Field field) {
  info.type = "text";
  info.accepted = std::move(accepted);
  return {std::move(info),
          [=](Target& target, std::string_view value) {
            if (!valid(value)) return false;
            field(target) = std::string(value);
            return true;
          },
          [=](const Target& target) { return std::string(field(target)); }};
}

/// What no other kind fits: its own reader and writer.
template <class Target>
Setting<Target> special(SettingInfo info, std::string type, std::string accepted,
                        std::function<Applied(Target&, std::string_view)> apply,
                        std::string (*show)(const Target&)) {
  info.type = std::move(type);
  info.accepted = std::move(accepted);
  return {std::move(info), std::move(apply), show};
}

/// A share of one, to a millionth.
inline std::optional<double> read_share(std::string_view text) {
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

template <class Target, class Field>
Setting<Target> share(SettingInfo info, Field field) {
  info.type = "share";
  info.accepted = "a share from 0 to 1, or a percentage from 0% to 100%";
  return {std::move(info),
          [=](Target& target, std::string_view text) {
            const auto value = read_share(text);
            if (value) field(target) = *value;
            return value.has_value();
          },
          [=](const Target& target) {
            std::string text = fmt::format("{:.6f}", field(target));
            text.erase(text.find_last_not_of('0') + 1);
            if (text.ends_with('.')) text.pop_back();
            return text;
          }};
}

struct ByteUnit {
  std::string_view name;
  std::uint64_t bytes;
};
inline constexpr ByteUnit byte_units[] = {{"tib", 1ULL << 40},
                                          {"gib", 1ULL << 30},
                                          {"mib", 1ULL << 20},
                                          {"kib", 1ULL << 10},
                                          {"gb", 1'000'000'000},
                                          {"mb", 1'000'000},
                                          {"kb", 1'000},
                                          {"g", 1'000'000'000},
                                          {"m", 1'000'000},
                                          {"k", 1'000},
                                          {"b", 1}};

/// "64MiB", "500k", "65536": whole numbers, with a unit of 1024 (KiB, MiB, GiB) or 1000 (k, kB, M, MB, ...).
inline std::optional<std::uint64_t> read_bytes(std::string_view text) {
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

/// The shortest exact form that read_bytes() reads back.
inline std::string format_bytes(std::uint64_t bytes) {
  if (bytes != 0 && bytes % (1ULL << 40) == 0) return fmt::format("{}TiB", bytes >> 40);
  if (bytes != 0 && bytes % (1ULL << 30) == 0) return fmt::format("{}GiB", bytes >> 30);
  if (bytes != 0 && bytes % (1ULL << 20) == 0) return fmt::format("{}MiB", bytes >> 20);
  if (bytes != 0 && bytes % (1ULL << 10) == 0) return fmt::format("{}KiB", bytes >> 10);
  return std::to_string(bytes);
}

template <class Target, class Field>
Setting<Target> byte_size(SettingInfo info, std::uint64_t low, std::uint64_t high, Field field) {
  info.type = "size";
  info.range = fmt::format("{} to {}", format_bytes(low), format_bytes(high));
  info.accepted = fmt::format("a size from {}, such as 64MiB or 500k", info.range);
  return {std::move(info),
          [=](Target& target, std::string_view text) {
            const auto value = read_bytes(text);
            if (!value || *value < low || *value > high) return false;
            field(target) = *value;
            return true;
          },
          [=](const Target& target) { return format_bytes(field(target)); }};
}

/// The arguments of a command that no shell sees: split like a shell's words, or taken from a list.
template <class Target, class Field>
Setting<Target> arguments(SettingInfo info, Field field) {
  info.type = "arguments";
  info.list_separator = ' ';
  info.accepted =
      "a command and its arguments, as a shell splits them (quotes and backslashes, nothing else), or a list";
  const auto apply_list = [=](Target& target, const std::vector<std::string>& words) -> Applied {
    if (std::string reason = refuse_command(words); !reason.empty())
      return Applied::refused(std::move(reason));
    field(target) = words;
    return true;
  };
  return {std::move(info),
          [=](Target& target, std::string_view text) -> Applied {
            const auto words = read_words_or_list(text);
            if (!words) return Applied::refused(words.error());
            return apply_list(target, *words);
          },
          [=](const Target& target) { return show_words(field(target)); }, apply_list};
}

/// Fills in what every entry of a table shares: the scope, and the default as the target itself shows it.
template <class Target>
std::vector<Setting<Target>> finished(Scope scope, std::vector<Setting<Target>> table) {
  const Target defaults{};
  for (Setting<Target>& setting : table) {
    setting.info.scope = scope;
    setting.info.default_text = setting.show(defaults);
  }
  return table;
}

}  // namespace healer::kinds
