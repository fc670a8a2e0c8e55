#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "model/forms.hpp"

// A value of the model with every member set. The descriptions list the members, so a member that gets lost
// is found.
namespace healer::testing {

/// Changes every member, at any depth, to a value that is not its default and that no other member has, as
/// far as its type allows. Optionals are set, lists and maps get one element, a variant keeps its
/// alternative, unless that has no members: then it gets the second one.
class FullValue {
 public:
  template <class T>
  void set(T& value) {
    ++count_;
    if constexpr (DescribedEnum<T>) {
      value = static_cast<T>((static_cast<std::size_t>(value) + 1) % enum_count<T>);
    } else if constexpr (std::is_same_v<T, bool>) {
      value = !value;
    } else if constexpr (IntegerForm<T>) {
      value = static_cast<T>(value + static_cast<T>(count_ % 100 + 1));
    } else if constexpr (NumberForm<T>) {
      set_number(value, number_of(value) + count_);
    } else if constexpr (std::is_same_v<T, double>) {
      value += 0.25 * count_;
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = fmt::format("text {}", count_);
    } else if constexpr (std::is_same_v<T, Secret>) {
      value = Secret(fmt::format("secret {}", count_));
    } else if constexpr (OptionalForm<T>) {
      set(value.emplace());
    } else if constexpr (SharedForm<T>) {
      auto inner = std::make_shared<std::remove_const_t<typename T::element_type>>();
      set(*inner);
      value = std::move(inner);
    } else if constexpr (VariantForm<T>) {
      const auto empty = [](const auto& what) { return std::is_empty_v<std::decay_t<decltype(what)>>; };
      if constexpr (constexpr std::size_t alternatives = tags_of<T>().size(); alternatives > 1)
        if (std::visit(empty, value)) value.template emplace<1>();
      std::visit([this](auto& what) { this->set(what); }, value);
    } else if constexpr (Described<T>) {
      for_each_member(value, [this](std::string_view, auto& member) { this->set(member); });
    } else if constexpr (PairForm<T>) {
      set(value.first);
      set(value.second);
    } else if constexpr (EnumArrayForm<T>) {
      for (auto& each : value) set(each);
    } else if constexpr (MapForm<T>) {
      value.clear();
      set(value[fmt::format("name {}", count_)]);
    } else {
      static_assert(ListForm<T>);
      value.clear();
      set(value.emplace_back());
    }
  }

 private:
  int count_ = 0;
};

template <class T>
T full() {
  T value{};
  FullValue().set(value);
  return value;
}

/// Calls function(variant) with each alternative of the variant, with every member set.
template <VariantForm Variant, class F>
void each_full_alternative(F&& function) {
  for (const std::string_view tag : tags_of<Variant>()) {
    Variant value;
    with_alternative(value, tag, [](auto& what) { FullValue().set(what); });
    function(std::as_const(value));
  }
}

}  // namespace healer::testing
