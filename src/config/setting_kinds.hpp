#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/duration.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "config/config_error.hpp"
#include "config/setting.hpp"
#include "model/enum.hpp"

// The kinds of values. Each makes its accepted text and its check from the same bounds.
namespace healer::kinds {

/// A whole number within bounds, digits only.
template <class Number = unsigned>
std::optional<Number> read_whole(std::string_view text, std::type_identity_t<Number> low,
                                 std::type_identity_t<Number> high) {
  unsigned value = 0;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || last != end || value < low || value > high) return std::nullopt;
  return static_cast<Number>(value);
}

inline std::optional<Duration> read_duration(std::string_view text, Duration low, Duration high) {
  const auto value = parse_duration(text);
  if (!value || *value < low || *value > high) return std::nullopt;
  return value;
}

/// Info of a value that the file may give as a list, whose items are joined with the separator.
inline KindInfo list_info(std::string type, std::string accepted, char separator) {
  KindInfo info{std::move(type), std::move(accepted)};
  info.list_separator = separator;
  return info;
}

/// A kind from a reader that returns a value, or an empty optional when the text is refused.
template <class Value, class Read, class Show>
Kind<Value> parsed(KindInfo info, Read read, Show show) {
  return {std::move(info),
          [=](Value& target, std::string_view text) {
            std::optional<Value> value = read(text);
            if (value) target = std::move(*value);
            return value.has_value();
          },
          show};
}

inline Kind<Duration> duration(Duration low, Duration high) {
  const std::string range = fmt::format("{} to {}", format_duration(low), format_duration(high));
  return parsed<Duration>(
      {"duration", fmt::format("a duration from {}, such as 15, 1.5s or 1m30s", range), range},
      [=](std::string_view text) { return read_duration(text, low, high); }, format_duration);
}

template <class Number = unsigned>
Kind<Number> number(std::type_identity_t<Number> low, std::type_identity_t<Number> high) {
  const std::string range = fmt::format("{} to {}", low, high);
  return parsed<Number>(
      {"number", "a whole number from " + range, range},
      [=](std::string_view text) { return read_whole<Number>(text, low, high); },
      [](Number value) { return std::to_string(value); });
}

inline Kind<bool> boolean() {
  return parsed<bool>({"boolean", "true, yes, 1, on, false, no, 0 or off", "true, false"}, parse_bool,
                      [](bool value) { return std::string(value ? "true" : "false"); });
}

/// One of several words. A value is shown as the first word that names it.
template <class Value>
Kind<Value> choice(std::vector<std::pair<std::string_view, Value>> words) {
  KindInfo info{"choice"};
  for (const auto& [word, value] : words) {
    info.choices.push_back(word);
    if (info.choices.size() > 1) info.accepted += info.choices.size() == words.size() ? " or " : ", ";
    info.accepted += word;
  }
  return parsed<Value>(
      std::move(info),
      [=](std::string_view text) -> std::optional<Value> {
        for (const auto& [word, value] : words)
          if (lower(text) == lower(word)) return value;
        return std::nullopt;
      },
      [=](const Value& value) {
        for (const auto& [word, known] : words)
          if (value == known) return std::string(word);
        return std::string();
      });
}

/// One of an enum's values, named by to_string().
template <DescribedEnum E>
Kind<E> choice() {
  std::vector<std::pair<std::string_view, E>> words;
  for (const E value : enum_values<E>()) words.emplace_back(to_string(value), value);
  return choice<E>(std::move(words));
}

/// `kind`, a choice, which also reads other programs' words for its values: {"warn", "warning"}.
template <class Value>
Kind<Value> with_synonyms(Kind<Value> kind,
                          std::vector<std::pair<std::string_view, std::string_view>> synonyms) {
  std::string also;
  for (const auto& each : synonyms) also += fmt::format("{}{}", also.empty() ? "" : ", ", each.first);
  kind.info.accepted += "; also " + also;
  kind.read = [read = std::move(kind.read), synonyms = std::move(synonyms)](Value& target,
                                                                            std::string_view text) {
    for (const auto& [synonym, word] : synonyms)
      if (lower(text) == synonym) return read(target, word);
    return read(target, text);
  };
  return kind;
}

/// Text that a predicate accepts; `accepted` describes the predicate.
inline Kind<std::string> text(std::string accepted, bool (*valid)(std::string_view)) {
  return parsed<std::string>(
      {"text", std::move(accepted)},
      [=](std::string_view text) { return valid(text) ? std::optional(std::string(text)) : std::nullopt; },
      [](const std::string& value) { return value; });
}

/// A text that is never printed.
inline Kind<Secret> secret(std::string type, std::string accepted, bool (*valid)(std::string_view)) {
  KindInfo info{std::move(type), std::move(accepted)};
  info.secret = true;
  return parsed<Secret>(
      std::move(info),
      [=](std::string_view text) {
        return valid(text) ? std::optional(Secret(std::string(text))) : std::nullopt;
      },
      [](const Secret& value) { return to_string(value); });
}

/// A kind from a reader and a writer, for values that fit no other kind.
template <class Value, class Read>
Kind<Value> special(KindInfo info, Read read, std::string (*show)(const Value&)) {
  return {std::move(info), std::move(read), show};
}

/// `kind`, or a word that makes the value empty.
template <class Value>
Kind<std::optional<Value>> word_or(std::string_view word, Kind<Value> kind, std::string accepted = {}) {
  KindInfo info = kind.info;
  info.accepted = accepted.empty() ? fmt::format("{}, or {}", word, info.accepted) : std::move(accepted);
  if (!info.range.empty()) info.range = fmt::format("{}, {}", word, info.range);
  return {
      std::move(info),
      [word, read = std::move(kind.read)](std::optional<Value>& target, std::string_view text) -> Applied {
        std::optional<Value> value;
        if (lower(text) != word)
          if (Applied applied = read(value.emplace(), text); !applied) return applied;
        target = std::move(value);
        return true;
      },
      [word, show = std::move(kind.show)](const std::optional<Value>& value) {
        return value ? show(*value) : std::string(word);
      }};
}

/// `kind` for a value that may be unset; no text makes it unset.
template <class Value>
Kind<std::optional<Value>> if_set(Kind<Value> kind) {
  return {kind.info,
          [read = kind.read](std::optional<Value>& target, std::string_view text) {
            Value value{};
            Applied applied = read(value, text);
            if (applied) target = std::move(value);
            return applied;
          },
          [show = kind.show](const std::optional<Value>& value) { return value ? show(*value) : ""; }};
}

/// Several values: one text, or a list in the file with one text for each. A refusal names the list's item.
template <class Value>
Kind<std::vector<Value>> list_of(Kind<Value> kind, std::size_t most = 100) {
  KindInfo info = kind.info;
  info.list_separator = ',';
  info.choices.clear();
  const auto read = [=](std::vector<Value>& target, const std::vector<std::string>& items) -> Applied {
    if (items.empty() || items.size() > most)
      return Applied::refused(fmt::format("{} given; 1 to {}", items.size(), most));
    std::vector<Value> values;
    for (std::size_t i = 0; i < items.size(); ++i) {
      Value value{};
      if (Applied applied = kind.read(value, trim(items[i])); !applied) {
        applied.item = i;
        if (applied.nearest.empty()) applied.nearest = nearest_name(items[i], kind.info.choices).value_or("");
        return applied;
      }
      if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
    }
    target = std::move(values);
    return true;
  };
  return {
      std::move(info),
      [read](std::vector<Value>& target, std::string_view text) { return read(target, {std::string(text)}); },
      [show = kind.show](const std::vector<Value>& values) {
        std::vector<std::string> texts;
        for (const Value& value : values) texts.push_back(show(value));
        return fmt::format("{}", fmt::join(texts, ","));
      },
      read};
}

/// A share from 0 to 1, exact to a millionth.
Kind<double> share();

/// Whole per cent from 0 to 100, with or without the sign: "40", "40%".
Kind<double> per_cent();

/// "64MiB", "500k", "65536": whole numbers, with a unit of 1024 (KiB, MiB, GiB) or 1000 (k, kB, M, MB, ...).
Kind<std::uint64_t> byte_size(std::uint64_t low, std::uint64_t high);

/// The arguments of a command that no shell sees: split like a shell's words, or taken from a list.
Kind<std::vector<std::string>> arguments();

/// A URL with a host; it is never printed.
Kind<Secret> secret_url();

/// Whether a URL may hold a user and a password, for URLs that are otherwise shown.
inline bool names_a_user(std::string_view text) {
  return text.find('@') != std::string_view::npos;
}

}  // namespace healer::kinds
