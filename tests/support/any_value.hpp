#pragma once

#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <rapidcheck.h>

#include "model/event.hpp"
#include "model/forms.hpp"

// Any value of the model, drawn by rapidcheck. The descriptions make sure that no member is left out.
namespace healer::testing {

template <class T>
void fill(T& value) {
  if constexpr (DescribedEnum<T>) {
    value = enum_values<T>()[*rc::gen::inRange<std::size_t>(0, enum_count<T>)];
  } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string> ||
                       std::is_same_v<T, double>) {
    value = *rc::gen::arbitrary<T>();  // texts: any bytes
  } else if constexpr (IntegerForm<T>) {
    value = *rc::gen::oneOf(rc::gen::arbitrary<T>(), rc::gen::element(T{0}, std::numeric_limits<T>::max(),
                                                                      std::numeric_limits<T>::min()));
  } else if constexpr (NumberForm<T>) {
    auto number = number_of(T{});
    fill(number);
    set_number(value, number);
  } else if constexpr (std::is_same_v<T, Secret>) {
    value = Secret(*rc::gen::arbitrary<std::string>());
  } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
    value = *rc::gen::arbitrary<T>();
  } else if constexpr (SharedForm<T>) {
    std::remove_const_t<typename T::element_type> inner;
    const bool needed = std::is_same_v<T, PolicyPtr>;
    value.reset();
    if (!needed && *rc::gen::arbitrary<bool>()) return;
    fill(inner);
    value = std::make_shared<typename T::element_type>(std::move(inner));
  } else if constexpr (OptionalForm<T>) {
    value.reset();
    if (*rc::gen::arbitrary<bool>()) fill(value.emplace());
  } else if constexpr (VariantForm<T>) {
    const auto& tags = tags_of<T>();
    with_alternative(value, tags[*rc::gen::inRange<std::size_t>(0, tags.size())],
                     [](auto& what) { fill(what); });
  } else if constexpr (Described<T>) {
    for_each_member(value, [](std::string_view, auto& member) { fill(member); });
    if constexpr (std::is_same_v<T, Policy>) {  // the core relies on both
      value.interval = Duration{*rc::gen::inRange(1, 100'000)};
    }
    if constexpr (std::is_same_v<T, TimeZone>)
      if (value.changes.empty()) value.changes.emplace_back();
  } else {
    static_assert(ListForm<T>);
    value.clear();
    const int count = *rc::gen::inRange(0, 3);
    for (int i = 0; i < count; ++i) fill(value.emplace_back());
  }
}

template <class T>
T any() {
  T value;
  fill(value);
  return value;
}

}  // namespace healer::testing
