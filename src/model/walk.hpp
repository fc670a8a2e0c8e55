#pragma once

#include "model/forms.hpp"

namespace healer {

/// Calls function(part) for each part of the value whose type the function takes, at any depth: members of
/// structs, and the contents of optionals, variants, lists and maps. The parts of a visited part are not
/// visited. Shared values are immutable, so their parts are const.
///   walk(record, [](Instant& at) { ... });
template <class T, class F>
void walk(T& value, F&& function) {
  using Value = std::remove_const_t<T>;
  static_assert(sizeof(Value) > 0, "the type's header is not included, so its parts are not known");
  if constexpr (requires { function(value); }) {
    function(value);
  } else if constexpr (Described<Value>) {
    for_each_member_of<Value>([&](auto member) { walk(value.*member.pointer, function); });
  } else if constexpr (OptionalForm<Value> || SharedForm<Value>) {
    if (value) walk(*value, function);
  } else if constexpr (VariantForm<Value>) {
    std::visit([&](auto& what) { walk(what, function); }, value);
  } else if constexpr (PairForm<Value>) {
    walk(value.first, function);
    walk(value.second, function);
  } else if constexpr (ListForm<Value> || MapForm<Value> || EnumArrayForm<Value>) {
    for (auto& each : value) walk(each, function);
  }
}

}  // namespace healer
