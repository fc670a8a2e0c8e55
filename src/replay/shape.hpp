#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <variant>

namespace healer::replay {

/// The fields of one of the model's structs: `names`, as they are called in a recording, and `tie(value)`,
/// references to them in that order. Written with structured bindings, so that a field the model gains is
/// an error here, not a value that is forgotten. Members of a variant that is recorded have a `tag` as well.
template <class T>
struct Shape;

template <class T>
concept Shaped = requires {
  Shape<T>::names;
};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct IsVariant : std::false_type {};
template <class... Ts>
struct IsVariant<std::variant<Ts...>> : std::true_type {};

template <class T>
struct IsShared : std::false_type {};
template <class T>
struct IsShared<std::shared_ptr<T>> : std::true_type {};

}  // namespace healer::replay
