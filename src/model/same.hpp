#pragma once

#include "model/forms.hpp"

namespace healer {

struct NoRule {};

/// Whether two values of the model are equal, member by member. Shared pointers are equal when the values
/// they point to are equal. A rule may compare the types that it takes in another way: rule(a, b) -> bool.
template <class T, class Rule = NoRule>
bool same(const T& a, const T& b, const Rule& rule = {}) {
  if constexpr (requires { rule(a, b); }) {
    return rule(a, b);
  } else if constexpr (Described<T>) {
    return all_members_of<T>([&](auto member) { return same(a.*member.pointer, b.*member.pointer, rule); });
  } else if constexpr (SharedForm<T> || OptionalForm<T>) {
    if constexpr (SharedForm<T>)
      if (a == b) return true;
    return static_cast<bool>(a) == static_cast<bool>(b) && (!a || same(*a, *b, rule));
  } else if constexpr (VariantForm<T>) {
    return a.index() == b.index() &&
           std::visit(
               [&](const auto& mine) {
                 return same(mine, *std::get_if<std::remove_cvref_t<decltype(mine)>>(&b), rule);
               },
               a);
  } else if constexpr (PairForm<T>) {
    return same(a.first, b.first, rule) && same(a.second, b.second, rule);
  } else if constexpr (ListForm<T> || EnumArrayForm<T> || MapForm<T>) {
    if (a.size() != b.size()) return false;
    for (auto mine = a.begin(), other = b.begin(); mine != a.end(); ++mine, ++other)
      if (!same(*mine, *other, rule)) return false;
    return true;
  } else {
    return a == b;
  }
}

}  // namespace healer
