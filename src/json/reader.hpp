#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/json/value.hpp>

#include "base/result.hpp"
#include "json/number.hpp"
#include "json/problem.hpp"
#include "model/forms.hpp"

namespace healer::json {

/// Reads what a Writer made. A missing member keeps its default. An InvalidInput error names the path of the
/// wrong field, the value found, the values accepted and the nearest valid name:
///
///   event.health is "healty"; accepted: none, starting, healthy, unhealthy; nearest: healthy
///   event.worklod: there is no such field; accepted: workload; nearest: workload
///
/// Hooks has read(const boost::json::value&, T& into) for each type that it reads itself: nullptr means that
/// the value was read; otherwise the returned text says what is accepted. The recursion depth is limited by
/// the nesting of the C++ types, not by the JSON.
template <class Hooks>
class Reader {
 public:
  /// `hooks` must outlive the reader.
  explicit Reader(Hooks& hooks) : hooks_(&hooks) {}

  /// `what` is the first part of the path in an error.
  template <class T>
  Result<T> read(const boost::json::value& from, std::string_view what) const {
    T into{};
    Problem problem;
    if (take(from, into, problem)) return into;
    return tl::unexpected(problem.error(what));
  }

 private:
  template <class T>
  bool take(const boost::json::value& from, T& into, Problem& problem) const;
  template <class T>
  bool take_members(const boost::json::object& from, T& into, std::string_view tag, Problem& problem) const;
  template <class T>
  bool take_variant(const boost::json::value& from, T& into, Problem& problem) const;
  template <class T>
  bool take_map(const boost::json::object& from, T& into, Problem& problem) const;
  template <class T>
  bool take_shared(const boost::json::value& from, T& into, Problem& problem) const;
  template <class T>
  bool take_list(const boost::json::value& from, T& into, Problem& problem) const;

  Hooks* hooks_;
};

template <class Hooks>
template <class T>
bool Reader<Hooks>::take_members(const boost::json::object& from, T& into, std::string_view tag,
                                 Problem& problem) const {
  for (const auto& field : from) {
    const std::string_view name(field.key().data(), field.key().size());
    if (!tag.empty() && name == "is") continue;
    bool taken = false;
    const bool found =
        with_member(into, name, [&](auto& member) { taken = take(field.value(), member, problem); });
    if (!found) return problem.no_such_field(name, member_names<T>());
    if (!taken) return problem.at(name);
  }
  return true;
}

template <class Hooks>
template <class T>
bool Reader<Hooks>::take_variant(const boost::json::value& from, T& into, Problem& problem) const {
  const auto& tags = tags_of<T>();
  if (!from.is_object()) return problem.expected("an object", from);
  const boost::json::object& object = from.get_object();
  const boost::json::value* tag = object.if_contains("is");
  if (tag == nullptr) return problem.no_tag(tags);
  if (!tag->is_string()) return problem.expected_name(*tag, tags) || problem.at("is");
  const std::string_view name = view(tag->get_string());
  bool taken = false;
  if (with_alternative(into, name, [&](auto& what) { taken = take_members(object, what, name, problem); }))
    return taken;
  return problem.expected_name(*tag, tags) || problem.at("is");
}

template <class Hooks>
template <class T>
bool Reader<Hooks>::take_map(const boost::json::object& from, T& into, Problem& problem) const {
  into = {};
  for (const auto& entry : from) {
    const std::string_view name(entry.key().data(), entry.key().size());
    if constexpr (EnumArrayForm<T>) {
      using Key = typename T::Key;
      const auto key = enum_of<Key>(name);
      if (!key) return problem.no_such_field(name, names_of(enum_texts<Key>()));
      if (!take(entry.value(), into[*key], problem)) return problem.at(name);
    } else {
      if (!take(entry.value(), into[std::string(name)], problem)) return problem.at(name);
    }
  }
  return true;
}

template <class Hooks>
template <class T>
bool Reader<Hooks>::take_shared(const boost::json::value& from, T& into, Problem& problem) const {
  into.reset();
  if (from.is_null()) return true;
  auto value = std::make_shared<std::remove_const_t<typename T::element_type>>();
  if (!take(from, *value, problem)) return false;
  into = std::move(value);
  return true;
}

template <class Hooks>
template <class T>
bool Reader<Hooks>::take_list(const boost::json::value& from, T& into, Problem& problem) const {
  if (!from.is_array()) return problem.expected("a list", from);
  into.clear();
  std::size_t index = 0;
  for (const boost::json::value& each : from.get_array()) {
    if (!take(each, into.emplace_back(), problem)) return problem.at(std::to_string(index));
    ++index;
  }
  return true;
}

template <class Hooks>
template <class T>
bool Reader<Hooks>::take(const boost::json::value& from, T& into, Problem& problem) const {
  if constexpr (requires(Hooks & hooks) { hooks.read(from, into); }) {
    const char* const accepted = hooks_->read(from, into);
    if (accepted == nullptr) return true;
    return std::is_same_v<T, Secret> ? problem.expected_secret(accepted) : problem.expected(accepted, from);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!from.is_bool()) return problem.expected("true or false", from);
    into = from.get_bool();
    return true;
  } else if constexpr (IntegerForm<T>) {
    const auto number = whole_number_of<T>(from);
    if (!number)
      return problem.expected_number(std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), from);
    into = *number;
    return true;
  } else if constexpr (NumberForm<T>) {
    auto number = number_of(T{});
    if (!take(from, number, problem)) return false;
    set_number(into, number);
    return true;
  } else if constexpr (std::is_same_v<T, double>) {
    const auto number = fraction_of(from);
    if (!number) return problem.expected("a number", from);
    into = *number;
    return true;
  } else if constexpr (DescribedEnum<T>) {
    const auto value = from.is_string() ? enum_of<T>(view(from.get_string())) : std::nullopt;
    if (!value) return problem.expected_name(from, names_of(enum_texts<T>()));
    into = *value;
    return true;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!from.is_string()) return problem.expected("a text", from);
    into = view(from.get_string());
    return true;
  } else if constexpr (std::is_same_v<T, Secret>) {
    if (!from.is_string()) return problem.expected_secret("a text");
    into = Secret(std::string(view(from.get_string())));
    return true;
  } else if constexpr (Described<T>) {
    return from.is_object() ? take_members(from.get_object(), into, {}, problem)
                            : problem.expected("an object", from);
  } else if constexpr (VariantForm<T>) {
    return take_variant(from, into, problem);
  } else if constexpr (OptionalForm<T>) {
    into.reset();
    return from.is_null() || take(from, into.emplace(), problem);
  } else if constexpr (SharedForm<T>) {
    return take_shared(from, into, problem);
  } else if constexpr (PairForm<T>) {
    if (!from.is_array() || from.get_array().size() != 2) return problem.expected("a list of two", from);
    return (take(from.get_array()[0], into.first, problem) || problem.at("0")) &&
           (take(from.get_array()[1], into.second, problem) || problem.at("1"));
  } else if constexpr (MapForm<T> || EnumArrayForm<T>) {
    return from.is_object() ? take_map(from.get_object(), into, problem)
                            : problem.expected("an object", from);
  } else {
    static_assert(ListForm<T>, "this type has no form in JSON");
    return take_list(from, into, problem);
  }
}

}  // namespace healer::json
