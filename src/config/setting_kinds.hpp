#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "config/setting.hpp"

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
              if (wanted == word) {
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
                        bool (*apply)(Target&, std::string_view), std::string (*show)(const Target&)) {
  info.type = std::move(type);
  info.accepted = std::move(accepted);
  return {std::move(info), apply, show};
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
