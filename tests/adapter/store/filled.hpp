#pragma once

// Records in which no field has its default value.
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include <boost/pfr.hpp>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/forms.hpp"

namespace healer::testing {

/// Gives every field of a struct a different value, so a field that is not stored, or stored in another's
/// column, does not come back equal. A field of an enum gets the enum's second value, a variant its second
/// alternative.
class Filler {
 public:
  void operator()(bool& value) { value = true; }
  void operator()(std::uint16_t& value) { value = static_cast<std::uint16_t>(next()); }
  void operator()(unsigned& value) { value = static_cast<unsigned>(next()); }
  void operator()(int& value) { value = static_cast<int>(next()); }
  void operator()(std::int64_t& value) { value = next(); }
  void operator()(std::uint64_t& value) { value = static_cast<std::uint64_t>(next()); }
  void operator()(double& value) { value = static_cast<double>(next()); }
  void operator()(std::string& value) { value = "text " + std::to_string(next()); }
  void operator()(Duration& value) { value = Duration{next()}; }
  void operator()(Instant& value) { value = Instant{Duration{1'700'000'000'000 + next()}}; }
  template <class Tag>
  void operator()(StrongId<Tag>& value) {
    value.value = static_cast<std::uint64_t>(next());
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    (*this)(value.emplace());
  }
  template <class T>
  void operator()(std::vector<T>& value) {
    value.resize(2);
    for (T& each : value) (*this)(each);
  }
  template <VariantForm T>
  void operator()(T& value) {
    (*this)(value.template emplace<1>());
  }
  template <class T>
  void operator()(T& value) {
    if constexpr (std::is_enum_v<T>)
      value = static_cast<T>(1);
    else
      boost::pfr::for_each_field(value, *this);
  }

 private:
  std::int64_t next() { return ++last_; }
  std::int64_t last_ = 0;
};

template <class T>
T filled() {
  T value;
  boost::pfr::for_each_field(value, Filler{});
  return value;
}

/// The indexes, from 0, of the fields that still have their default value.
template <class T>
std::vector<std::size_t> unset_fields(const T& value) {
  std::vector<std::size_t> unset;
  const T untouched;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((boost::pfr::get<I>(value) == boost::pfr::get<I>(untouched) ? unset.push_back(I) : void()), ...);
  }
  (std::make_index_sequence<boost::pfr::tuple_size_v<T>>{});
  return unset;
}

}  // namespace healer::testing
