#pragma once

#include <chrono>
#include <concepts>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/choice.hpp"
#include "base/ids.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "model/describe.hpp"

// The forms (kinds of types) that a member of the model may have. A visitor over descriptions has a branch
// for each form; a type of no form does not compile there.
namespace healer {

namespace detail {

template <class T, template <class...> class Template>
inline constexpr bool is_made_of = false;
template <class... Args, template <class...> class Template>
inline constexpr bool is_made_of<Template<Args...>, Template> = true;

template <class T>
inline constexpr bool is_enum_array = false;
template <class E, class T>
inline constexpr bool is_enum_array<EnumArray<E, T>> = true;

}  // namespace detail

template <class T>
concept OptionalForm = detail::is_made_of<T, std::optional>;
template <class T>
concept VariantForm = requires(const T& value) {
  detail::plain(value);
};
/// A shared immutable value; null: none.
template <class T>
concept SharedForm = detail::is_made_of<T, std::shared_ptr>;
template <class T>
concept ListForm = detail::is_made_of<T, std::vector>;
template <class T>
concept PairForm = detail::is_made_of<T, std::pair>;
/// Values with names as keys.
template <class T>
concept MapForm = detail::is_made_of<T, std::map>;
template <class T>
concept EnumArrayForm = detail::is_enum_array<T>;
/// A length of time in any unit.
template <class T>
concept DurationForm = detail::is_made_of<T, std::chrono::duration>;
template <class T>
concept IdForm = detail::is_made_of<T, StrongId>;
/// A whole number.
template <class T>
concept IntegerForm = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

/// The number that stands for a time (milliseconds since 1970), for a length of time (a count of its unit),
/// or for an id.
constexpr std::int64_t number_of(Instant at) {
  return at.time_since_epoch().count();
}
constexpr std::int64_t number_of(WallTime at) {
  return at.unix_ms;
}
template <DurationForm T>
constexpr typename T::rep number_of(T length) {
  return length.count();
}
template <IdForm T>
constexpr std::uint64_t number_of(T id) {
  return id.value;
}
constexpr void set_number(Instant& at, std::int64_t number) {
  at = Instant{Duration{number}};
}
constexpr void set_number(WallTime& at, std::int64_t number) {
  at = WallTime{number};
}
template <DurationForm T>
constexpr void set_number(T& length, typename T::rep number) {
  length = T{number};
}
template <IdForm T>
constexpr void set_number(T& id, std::uint64_t number) {
  id.value = number;
}

/// Times, lengths of time and ids: the types that number_of and set_number take.
template <class T>
concept NumberForm = std::same_as<T, Instant> || std::same_as<T, WallTime> || DurationForm<T> || IdForm<T>;

/// The name of the alternative that a variant holds: its type_name().
template <VariantForm Variant>
constexpr std::string_view tag_of(const Variant& value) {
  return std::visit([](const auto& what) { return type_name<std::remove_cvref_t<decltype(what)>>(); }, value);
}

namespace detail {

template <class Variant>
struct Alternatives;

template <class... T>
struct Alternatives<std::variant<T...>> {
  static constexpr std::array<std::string_view, sizeof...(T)> tags{type_name<T>()...};
};

}  // namespace detail

/// The names of all alternatives, in order.
template <VariantForm Variant>
constexpr const auto& tags_of() {
  return detail::Alternatives<PlainVariant<Variant>>::tags;
}

/// Puts a new alternative of this name into the variant and calls function(alternative); false if the variant
/// has no such alternative.
template <VariantForm Variant, class F>
constexpr bool with_alternative(Variant& value, std::string_view tag, F&& function) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return ((tags_of<Variant>()[I] == tag && (function(value.template emplace<I>()), true)) || ...);
  }
  (std::make_index_sequence<std::variant_size_v<PlainVariant<Variant>>>());
}

}  // namespace healer
