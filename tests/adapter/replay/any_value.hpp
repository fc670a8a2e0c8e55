#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "replay/shape_event.hpp"
#include "replay/shape_record.hpp"

// Any value of the model, and whether two are the same, field by field: by their shapes, so that no field can
// be left out.
namespace healer::test {

template <class T>
int choices() {
  if constexpr (requires(T value) { to_string(value); }) {
    int count = 0;
    while (std::string(to_string(static_cast<T>(count))) != "unknown") ++count;
    return count;
  } else {
    return 3;  // Selection
  }
}

template <class T>
void fill(T& value);

template <class Variant, std::size_t I = 0>
void fill_variant(Variant& value, std::size_t index) {
  if constexpr (I < std::variant_size_v<Variant>) {
    if (index == I)
      fill(value.template emplace<I>());
    else
      fill_variant<Variant, I + 1>(value, index);
  }
}

template <class T>
void fill(T& value) {
  if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(*rc::gen::inRange(0, choices<T>()));
  } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string> ||
                       std::is_same_v<T, double>) {
    value = *rc::gen::arbitrary<T>();  // texts: any bytes
  } else if constexpr (std::is_integral_v<T>) {
    value = *rc::gen::oneOf(rc::gen::arbitrary<T>(), rc::gen::element(T{0}, std::numeric_limits<T>::max(),
                                                                      std::numeric_limits<T>::min()));
  } else if constexpr (std::is_same_v<T, Secret>) {
    value = Secret(*rc::gen::arbitrary<std::string>());
  } else if constexpr (std::is_same_v<T, Instant>) {
    value = Instant{Duration{*rc::gen::arbitrary<std::int64_t>()}};
  } else if constexpr (std::is_same_v<T, WallTime>) {
    fill(value.unix_ms);
  } else if constexpr (requires { typename T::period; }) {
    value = T{*rc::gen::arbitrary<std::int64_t>()};
  } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
    value = *rc::gen::arbitrary<T>();
    if (*rc::gen::arbitrary<bool>()) fill(value["com.docker.compose.service"]);
  } else if constexpr (replay::IsShared<T>::value) {
    std::remove_const_t<typename T::element_type> inner;
    const bool needed = std::is_same_v<T, PolicyPtr>;
    value.reset();
    if (!needed && *rc::gen::arbitrary<bool>()) return;
    fill(inner);
    value = std::make_shared<typename T::element_type>(std::move(inner));
  } else if constexpr (replay::IsOptional<T>::value) {
    value.reset();
    if (*rc::gen::arbitrary<bool>()) fill(value.emplace());
  } else if constexpr (replay::IsVariant<T>::value) {
    fill_variant(value, *rc::gen::inRange<std::size_t>(0, std::variant_size_v<T>));
  } else if constexpr (replay::Shaped<T>) {
    std::apply([](auto&... fields) { (fill(fields), ...); }, replay::Shape<T>::tie(value));
    if constexpr (std::is_same_v<T, Policy>) {  // what the core relies on
      if (value.actions.empty()) value.actions.emplace_back();
      value.interval = Duration{*rc::gen::inRange(1, 100'000)};
    }
    if constexpr (std::is_same_v<T, TimeZone>)
      if (value.changes.empty()) value.changes.emplace_back();
  } else if constexpr (requires { value.emplace_back(); }) {
    value.clear();
    const int count = *rc::gen::inRange(0, 3);
    for (int i = 0; i < count; ++i) fill(value.emplace_back());
  } else {
    fill(value.value);  // an id
  }
}

/// The same but for what a recording hides: of a secret only whether there is one.
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, Secret>) {
    return a.empty() == b.empty();
  } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
    if (a.size() != b.size()) return false;
    for (const auto& [name, value] : a) {
      const auto other = b.find(name);
      if (other == b.end() || other->second.empty() != value.empty()) return false;
      if (name.starts_with("com.docker.compose.") && other->second != value) return false;
    }
    return true;
  } else if constexpr (replay::IsShared<T>::value || replay::IsOptional<T>::value) {
    return static_cast<bool>(a) == static_cast<bool>(b) && (!a || same(*a, *b));
  } else if constexpr (replay::IsVariant<T>::value) {
    return a.index() == b.index() &&
           std::visit(
               [&b](const auto& mine) { return same(mine, std::get<std::decay_t<decltype(mine)>>(b)); }, a);
  } else if constexpr (replay::Shaped<T>) {
    const auto left = replay::Shape<T>::tie(a);
    const auto right = replay::Shape<T>::tie(b);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (same(std::get<I>(left), std::get<I>(right)) && ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(left)>>());
  } else if constexpr (!std::is_same_v<T, std::string> && requires { a.begin(); }) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!same(a[i], b[i])) return false;
    return true;
  } else {
    return a == b;
  }
}

template <class T>
T any() {
  T value;
  fill(value);
  return value;
}

}  // namespace healer::test
