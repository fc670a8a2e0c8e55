#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>

#include "model/enum.hpp"
#include "model/snake_case.hpp"

/// Describes a struct: its name and its data members. The macro stands at namespace scope after the struct
/// and is the only list of the members; storage, recordings, JSON and comparisons use that list:
///
///   struct Escalation { std::string route; Instant due{}; bool done = false; };
///   HEALER_DESCRIBE(Escalation, route, due, done);
///
/// A list with too few or too many members does not compile: a structured binding takes exactly as many
/// names as the struct has members. (boost::pfr::tuple_size_v would count them too, but g++ 12.2 crashes
/// when it counts those of Policy, and each count costs every file that includes the header.)
/// The struct is an aggregate without base classes. Functions, static members and nested types are not
/// listed; a nested struct is described separately: HEALER_DESCRIBE(TimeZone::Change, ...).
#define HEALER_DESCRIBE(Type, ...)                                                                       \
  BOOST_DESCRIBE_STRUCT(Type, (), (__VA_ARGS__))                                                         \
  __VA_OPT__([[maybe_unused]] inline void healer_names_each_member(const Type& described) {              \
    [[maybe_unused]] const auto& [__VA_ARGS__] = described;                                              \
  })                                                                                                     \
  [[maybe_unused]] constexpr std::string_view healer_described_name(const Type*) {                       \
    return #Type;                                                                                        \
  }                                                                                                      \
  static_assert(::healer::detail::is_plain_struct<Type>(::healer::detail::HasMembers{0 __VA_OPT__(+1)}), \
                #Type " is an aggregate, and a description without members is for a struct without members")

namespace healer {

/// A struct with HEALER_DESCRIBE.
template <class T>
concept Described = std::is_class_v<T> && requires(const T* type) {
  healer_described_name(type);
};

struct MemberName {
  std::string_view member;   ///< in C++
  std::string_view outward;  ///< in JSON, recordings and columns
};

/// The members whose outward name is not the C++ name. Specialise the template beside the struct.
template <class T>
struct MemberDialect {
  static constexpr std::array<MemberName, 0> names{};
};

/// The outward name of a type where it is not the C++ name in snake_case. Specialise the template beside the
/// struct.
template <class T>
struct TypeDialect {
  static constexpr std::string_view name{};
};

/// One described member: what for_each_member_of passes to its function.
template <class T, class Descriptor>
struct Member {
  using Owner = T;
  using Type = std::remove_cvref_t<decltype(std::declval<T&>().*Descriptor::pointer)>;
  static constexpr auto pointer = Descriptor::pointer;  ///< Type T::*
  static constexpr std::string_view cpp_name = Descriptor::name;
  static constexpr std::string_view name = [] {
    for (const MemberName& other : MemberDialect<T>::names)
      if (other.member == cpp_name) return other.outward;
    return cpp_name;
  }();
};

namespace detail {

struct HasMembers {
  bool value;
};

template <class T>
constexpr bool is_plain_struct(HasMembers has_members) {
  return std::is_aggregate_v<T> && (has_members.value || std::is_empty_v<T>);
}

template <class T, class List>
struct MemberTable;

template <class T, template <class...> class List, class... D>
struct MemberTable<T, List<D...>> {
  static constexpr std::size_t count = sizeof...(D);
  static constexpr std::array<std::string_view, count> names{Member<T, D>::name...};

  template <class F>
  static constexpr bool all(F&& function) {
    return (function(Member<T, D>{}) && ...);
  }
};

template <Described T>
using MemberTableOf = MemberTable<T, boost::describe::describe_members<T, boost::describe::mod_public>>;

template <Described T>
struct TypeNameTable {
  static constexpr std::string_view camel = [] {
    const std::string_view whole = healer_described_name(static_cast<const T*>(nullptr));
    const std::size_t scope = whole.rfind(':');
    return scope == std::string_view::npos ? whole : whole.substr(scope + 1);
  }();
  static constexpr auto letters = [] {
    std::array<char, snake_case_size(camel)> written{};
    write_snake_case(camel, written.data());
    return written;
  }();
};

}  // namespace detail

template <Described T>
inline constexpr std::size_t member_count = detail::MemberTableOf<T>::count;

/// The outward names, in the order of the description.
template <Described T>
constexpr const std::array<std::string_view, member_count<T>>& member_names() {
  return detail::MemberTableOf<T>::names;
}

/// "probe_finished" for ProbeFinished, "change" for TimeZone::Change, or the name in its TypeDialect.
template <Described T>
constexpr std::string_view type_name() {
  using Letters = detail::TypeNameTable<T>;
  if (!TypeDialect<T>::name.empty()) return TypeDialect<T>::name;
  return {Letters::letters.data(), Letters::letters.size()};
}

/// Calls function(Member<T, ...>{}) for each member, in order. The Member's name, type and pointer are
/// constants:
///   for_each_member_of<Attempt>([&](auto member) { use(member.name, attempt.*member.pointer); });
template <Described T, class F>
constexpr void for_each_member_of(F&& function) {
  detail::MemberTableOf<T>::all([&](auto member) {
    function(member);
    return true;
  });
}

/// Calls function(Member<T, ...>{}) for each member until a call returns false; true if no call did.
template <Described T, class F>
constexpr bool all_members_of(F&& function) {
  return detail::MemberTableOf<T>::all(function);
}

/// Calls function(name, member) for each member of the value, in order; `name` is the outward name.
template <class T, class F>
requires Described<std::remove_const_t<T>>
constexpr void for_each_member(T& value, F&& function) {
  for_each_member_of<std::remove_const_t<T>>(
      [&](auto member) { function(member.name, value.*member.pointer); });
}

/// Calls function(member) with the member that has this outward name; false if no member has it.
template <class T, class F>
requires Described<std::remove_const_t<T>>
constexpr bool with_member(T& value, std::string_view name, F&& function) {
  return !all_members_of<std::remove_const_t<T>>([&](auto member) {
    if (member.name != name) return true;
    function(value.*member.pointer);
    return false;
  });
}

}  // namespace healer
