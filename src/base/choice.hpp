#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>

namespace healer {

namespace detail {

template <class T, class... Alternatives>
constexpr std::size_t index_of(const std::variant<Alternatives...>*) {
  constexpr std::array<bool, sizeof...(Alternatives)> same{std::is_same_v<T, Alternatives>...};
  std::size_t index = 0;
  while (index < same.size() && !same[index]) ++index;
  return index;
}

template <class... Alternatives>
std::variant<Alternatives...> plain(const std::variant<Alternatives...>&);

/// A variant with the alternative at `index`, which is moved from `value`.
template <class Variant>
Variant moved_from(std::size_t index, void* value) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    using Make = Variant (*)(void*);
    static constexpr Make make[] = {+[](void* from) {
      return Variant(std::in_place_index<I>,
                     std::move(*static_cast<std::variant_alternative_t<I, Variant>*>(from)));
    }...};
    return make[index](value);
  }
  (std::make_index_sequence<std::variant_size_v<Variant>>());
}

}  // namespace detail

/// The std::variant that a choice is.
template <class Choice>
using PlainVariant = decltype(detail::plain(std::declval<const Choice&>()));

template <class T, class Variant>
concept AlternativeOf = (detail::index_of<T>(static_cast<const Variant*>(nullptr)) <
                         std::variant_size_v<Variant>);

}  // namespace healer

/// The members of a type `Name` that derives from a std::variant of many alternatives: it is used like that
/// variant, but one .cpp file, which says HEALER_CHOICE_MEMBERS(Name), compiles how it is copied, moved and
/// destroyed. With the variant itself each file that passes one on compiles that again, for all alternatives.
#define HEALER_CHOICE(Name)                                                                            \
  Name();                                                                                              \
  template <::healer::AlternativeOf<variant> Alternative>                                              \
  Name(Alternative value) /* NOLINT: converts, like a std::variant */                                  \
      : Name(::healer::detail::index_of<Alternative>(static_cast<const variant*>(nullptr)), &value) {} \
  Name(const Name&);                                                                                   \
  Name(Name&&) noexcept;                                                                               \
  Name& operator=(const Name&);                                                                        \
  Name& operator=(Name&&) noexcept;                                                                    \
  ~Name();                                                                                             \
                                                                                                       \
 private:                                                                                              \
  Name(std::size_t index, void* value)

#define HEALER_CHOICE_MEMBERS(Name)                 \
  Name::Name() = default;                           \
  Name::Name(const Name&) = default;                \
  Name::Name(Name&&) noexcept = default;            \
  Name& Name::operator=(const Name&) = default;     \
  Name& Name::operator=(Name&&) noexcept = default; \
  Name::~Name() = default;                          \
  Name::Name(std::size_t index, void* value) : variant(::healer::detail::moved_from<variant>(index, value)) {}
