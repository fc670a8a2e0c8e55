#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>

#include "model/describe.hpp"
#include "model/snake_case.hpp"

namespace healer {

/// An enum made by BOOST_DEFINE_ENUM_CLASS; its enumerators count up from 0.
template <class E>
concept DescribedEnum = std::is_enum_v<E> && boost::describe::has_describe_enumerators<E>::value;

template <class E>
struct EnumText {
  E value;
  const char* text;
};

/// The texts of an enum that another program defines ("on-failure"). Specialise the template beside the enum;
/// a value without a text here keeps the text derived from its enumerator.
template <class E>
struct EnumDialect {
  static constexpr std::array<EnumText<E>, 0> texts{};
};

namespace detail {

template <class E, class List>
struct EnumTable;

template <class E, template <class...> class List, class... D>
struct EnumTable<E, List<D...>> {
  static constexpr std::size_t count = sizeof...(D);
  static constexpr std::array<std::string_view, count> enumerators{D::name...};

  static constexpr bool counts_up_from_0() {
    std::size_t expected = 0;
    return ((static_cast<std::size_t>(D::value) == expected++) && ...);
  }
  static_assert(counts_up_from_0(), "an enum of the model counts up from 0");

  static constexpr std::size_t room() {
    std::size_t sum = 0;
    for (const std::string_view name : enumerators) sum += snake_case_size(name) + 1;
    return sum;
  }
  /// The derived texts, one after another, each ending with '\0'.
  static constexpr auto letters = [] {
    std::array<char, room()> written{};
    char* at = written.data();
    for (const std::string_view name : enumerators) at = write_snake_case(name, at) + 1;
    return written;
  }();
  static constexpr auto texts = [] {
    std::array<const char*, count> made{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
      made[i] = letters.data() + at;
      at += snake_case_size(enumerators[i]) + 1;
    }
    for (const EnumText<E>& other : EnumDialect<E>::texts)
      made[static_cast<std::size_t>(other.value)] = other.text;
    return made;
  }();
};

template <DescribedEnum E>
using EnumTableOf = EnumTable<E, boost::describe::describe_enumerators<E>>;

}  // namespace detail

template <DescribedEnum E>
inline constexpr std::size_t enum_count = detail::EnumTableOf<E>::count;

/// Every value, in order.
template <DescribedEnum E>
constexpr std::array<E, enum_count<E>> enum_values() {
  std::array<E, enum_count<E>> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<E>(i);
  return values;
}

/// The text of every value, in order.
template <DescribedEnum E>
constexpr const std::array<const char*, enum_count<E>>& enum_texts() {
  return detail::EnumTableOf<E>::texts;
}

/// "not_running" for NotRunning, or the text in the enum's dialect. "unknown" beyond the last enumerator.
template <DescribedEnum E>
constexpr const char* to_string(E value) {
  const auto index = static_cast<std::size_t>(value);
  return index < enum_count<E> ? enum_texts<E>()[index] : "unknown";
}

/// The value whose to_string is this text; empty if there is none.
template <DescribedEnum E>
constexpr std::optional<E> enum_of(std::string_view text) {
  for (const E value : enum_values<E>())
    if (to_string(value) == text) return value;
  return std::nullopt;
}

/// One T for each value of E.
template <DescribedEnum E, class T>
struct EnumArray {
  using Key = E;
  std::array<T, enum_count<E>> values{};

  constexpr T& operator[](E key) { return values[static_cast<std::size_t>(key)]; }
  constexpr const T& operator[](E key) const { return values[static_cast<std::size_t>(key)]; }
  constexpr auto begin() { return values.begin(); }
  constexpr auto begin() const { return values.begin(); }
  constexpr auto end() { return values.end(); }
  constexpr auto end() const { return values.end(); }
  static constexpr std::size_t size() { return enum_count<E>; }
  bool operator==(const EnumArray&) const = default;
};

}  // namespace healer
