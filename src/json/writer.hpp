#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <boost/json/value.hpp>

#include "json/number.hpp"
#include "model/forms.hpp"
#include "model/same.hpp"

namespace healer::json {

/// Makes JSON of the model's values from their descriptions (docs/decisions/0009):
///
///   struct         an object of its members; a member with its default value is left out
///   variant        the object of its alternative, plus "is": the name of the alternative's type
///   enum           its text
///   time, id       a number: number_of()
///   double         a number; a text if the number would not be read back exactly
///   optional,      null, or the value inside
///     shared
///   list           an array; a pair is an array of two
///   map,           an object; values of an EnumArray with their default are left out
///     EnumArray
///
/// Hooks has value write(const T&) for each type that it writes itself, and always one for Secret: the caller
/// decides what is shown of a secret.
template <class Hooks>
class Writer {
 public:
  /// `hooks` must outlive the writer.
  explicit Writer(Hooks& hooks) : hooks_(&hooks) {}

  template <class T>
  boost::json::value write(const T& value) const {
    return written<T>(value, nullptr);
  }

 private:
  template <class T>
  static const T& default_of() {
    static const T value{};
    return value;
  }

  /// `unless`: the default of each member if the default is not T{}'s: a Reader starts from this value.
  template <class T>
  boost::json::value written(const T& value, const T* unless) const;
  template <class T>
  boost::json::object members(const T& value, const T* unless) const;

  Hooks* hooks_;
};

template <class Hooks>
template <class T>
boost::json::object Writer<Hooks>::members(const T& value, const T* unless) const {
  boost::json::object object;
  const T& defaults = unless != nullptr ? *unless : default_of<T>();
  for_each_member_of<T>([&](auto member) {
    const auto& mine = value.*member.pointer;
    const auto& theirs = defaults.*member.pointer;
    if (!same(mine, theirs)) object.emplace(view(member.name), written(mine, &theirs));
  });
  return object;
}

template <class Hooks>
template <class T>
boost::json::value Writer<Hooks>::written(const T& value, [[maybe_unused]] const T* unless) const {
  static_assert(
      !std::is_same_v<T, Secret> || requires(Hooks & hooks) { hooks.write(value); },
      "the hooks say what is shown of a secret");
  if constexpr (requires(Hooks & hooks) { hooks.write(value); }) {
    return hooks_->write(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    return value;
  } else if constexpr (IntegerForm<T>) {
    return whole_number(value);
  } else if constexpr (NumberForm<T>) {
    return whole_number(number_of(value));
  } else if constexpr (std::is_same_v<T, double>) {
    return fraction(value);
  } else if constexpr (DescribedEnum<T>) {
    return boost::json::value(to_string(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return boost::json::value(value);
  } else if constexpr (Described<T>) {
    return members(value, unless);
  } else if constexpr (VariantForm<T>) {
    return std::visit(
        [this](const auto& what) {
          boost::json::object object;
          object.emplace("is", view(type_name<std::remove_cvref_t<decltype(what)>>()));
          boost::json::object fields =
              this->template members<std::remove_cvref_t<decltype(what)>>(what, nullptr);
          for (auto& field : fields) object.emplace(field.key(), std::move(field.value()));
          return boost::json::value(std::move(object));
        },
        value);
  } else if constexpr (OptionalForm<T> || SharedForm<T>) {
    using Inner = std::remove_cvref_t<decltype(*value)>;
    static_assert(!OptionalForm<Inner> && !SharedForm<Inner>, "null would stand for two things");
    return value ? written<Inner>(*value, nullptr) : boost::json::value();
  } else if constexpr (PairForm<T>) {
    return boost::json::array{write(value.first), write(value.second)};
  } else if constexpr (MapForm<T>) {
    boost::json::object object;
    for (const auto& [name, each] : value) object.emplace(name, write(each));
    return object;
  } else if constexpr (EnumArrayForm<T>) {
    boost::json::object object;
    for (const typename T::Key key : enum_values<typename T::Key>())
      if (!same(value[key], {})) object.emplace(to_string(key), write(value[key]));
    return object;
  } else {
    static_assert(ListForm<T>, "this type has no form in JSON");
    boost::json::array array;
    array.reserve(value.size());
    for (const auto& each : value) array.push_back(write(each));
    return array;
  }
}

}  // namespace healer::json
