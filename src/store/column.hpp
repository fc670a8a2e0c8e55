#pragma once

// How one field of a record is stored in one column: numbers, booleans, ids, times and durations as INTEGER,
// texts and the names of enum values as TEXT, an empty optional as NULL, everything else as JSON.
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "model/forms.hpp"
#include "store/sqlite.hpp"

namespace healer::store {

template <class T>
concept StoredAsInteger = std::is_same_v<T, bool> || IntegerForm<T> || NumberForm<T>;

template <class T>
constexpr std::string_view column_type() {
  if constexpr (OptionalForm<T>)
    return column_type<typename T::value_type>();
  else
    return StoredAsInteger<T> ? "INTEGER" : "TEXT";
}

/// Texts in lists may come from other programs, and JSON allows only UTF-8.
struct ColumnJson {
  template <std::same_as<std::string> T>
  boost::json::value write(const T& text) const {
    return boost::json::value(printable(text));
  }
};

template <class T>
std::string json_text(const T& value) {
  ColumnJson hooks;
  return boost::json::serialize(json::Writer(hooks).write(value));
}

template <class T>
bool from_json_text(const std::string& text, T& value) {
  struct {
  } hooks;
  boost::json::error_code error;
  const boost::json::value parsed = boost::json::parse(text, error);
  if (error) return false;
  auto read = json::Reader(hooks).template read<T>(parsed, "column");
  if (read) value = std::move(*read);
  return read.has_value();
}

template <class T>
SqlResult<void> put(Statement& to, int index, const T& value) {
  if constexpr (OptionalForm<T>)
    return value ? put(to, index, *value) : to.bind_null(index);
  else if constexpr (NumberForm<T>)
    return to.bind(index, static_cast<std::int64_t>(number_of(value)));
  else if constexpr (StoredAsInteger<T>)
    return to.bind(index, static_cast<std::int64_t>(value));
  else if constexpr (std::is_same_v<T, std::string>)
    return to.bind(index, std::string_view(value));
  else if constexpr (DescribedEnum<T>)
    return to.bind(index, std::string_view(to_string(value)));
  else
    return to.bind(index, std::string_view(json_text(value)));
}

/// False if the number is no value of the type.
template <StoredAsInteger T>
bool from_integer(std::int64_t number, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    value = number == 1;
    return number == 0 || number == 1;
  } else if constexpr (NumberForm<T>) {
    using Number = decltype(number_of(value));
    set_number(value, static_cast<Number>(number));
    return std::in_range<Number>(number);
  } else {
    value = static_cast<T>(number);
    return std::in_range<T>(number);
  }
}

/// False if the column holds no value of the type; an error if the column cannot be read.
template <class T>
SqlResult<bool> take(const Statement& from, int index, T& value) {
  if constexpr (OptionalForm<T>) {
    const auto null = from.is_null(index);
    if (!null) return tl::unexpected(null.error());
    value = std::nullopt;
    return *null ? true : take(from, index, value.emplace());
  } else if constexpr (StoredAsInteger<T>) {
    const auto number = from.integer(index);
    if (!number) return tl::unexpected(number.error());
    return from_integer(*number, value);
  } else {
    auto text = from.text(index);
    if (!text) return tl::unexpected(std::move(text.error()));
    if constexpr (std::is_same_v<T, std::string>) {
      value = std::move(*text);
      return true;
    } else if constexpr (DescribedEnum<T>) {
      const auto named = enum_of<T>(*text);
      if (named) value = *named;
      return named.has_value();
    } else {
      return from_json_text(*text, value);
    }
  }
}

}  // namespace healer::store
