#include "replay/json_reader.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "replay/shape_event.hpp"
#include "replay/shape_record.hpp"

namespace healer::replay {
namespace {

namespace json = boost::json;

/// Of the choices that have no names.
constexpr int last_of(Selection) {
  return static_cast<int>(Selection::OptedOut);
}
constexpr int last_of(SignalUse) {
  return static_cast<int>(SignalUse::Off);
}

template <class T>
bool take_number(const json::value& from, T& into) {
  const auto fits = [&into](auto number) {
    if (!std::in_range<T>(number)) return false;
    into = static_cast<T>(number);
    return true;
  };
  if (from.is_int64()) return fits(from.get_int64());
  return from.is_uint64() && fits(from.get_uint64());
}

bool take_double(const json::value& from, double& into) {
  if (!from.is_string()) return false;
  const json::string& text = from.get_string();
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && stop == end;
}

template <class T>
std::string names_of_all() {
  std::string all;
  for (int i = 0;; ++i) {
    const std::string_view name = to_string(static_cast<T>(i));
    if (name == "unknown") return all;
    all += (i == 0 ? "" : ", ") + std::string(name);
  }
}

}  // namespace

bool JsonReader::expected(const char* what, const json::value& seen) {
  if (!problem_.empty()) return false;
  std::string where;
  for (const std::string& step : path_) where += (where.empty() ? "" : ".") + step;
  problem_ =
      fmt::format("{}: {} was expected, not {}", where, what, clip(printable(json::serialize(seen)), 100));
  return false;
}

template <class T>
bool JsonReader::take_fields(const json::object& from, T& into, bool tagged) {
  std::size_t known = tagged ? 1 : 0;
  std::size_t index = 0;
  const auto read = [&](auto& field) {
    const char* name = Shape<T>::names[index++];
    const auto found = from.find(name);
    if (found == from.end()) {
      // Nothing of it is there: each of its fields is empty or zero, whatever the defaults are.
      if constexpr (Shaped<std::decay_t<decltype(field)>>) return take_fields({}, field, false);
      if constexpr (std::is_same_v<std::decay_t<decltype(field)>, PolicyPtr>) {
        path_.emplace_back(name);
        return take(json::value(), field);  // there is none without: said so
      } else {
        field = {};
        return true;
      }
    }
    ++known;
    path_.emplace_back(name);
    if (!take(found->value(), field)) return false;
    path_.pop_back();
    return true;
  };
  const bool taken = std::apply([&](auto&... fields) { return (read(fields) && ...); }, Shape<T>::tie(into));
  if (!taken || known == from.size()) return taken;
  std::vector<std::string_view> names(Shape<T>::names.begin(), Shape<T>::names.end());
  for (const auto& field : from) {
    const std::string_view name(field.key().data(), field.key().size());
    if (std::find(names.begin(), names.end(), name) != names.end() || (tagged && name == "is")) continue;
    path_.emplace_back(clip(printable(name), 60));
    const auto nearest = nearest_name(name, names);
    return expected(nearest ? fmt::format("a field of this version (did you mean \"{}\"?)", *nearest).c_str()
                            : "a field of this version",
                    field.value());
  }
  return true;
}

template <class Variant, std::size_t I>
bool JsonReader::take_variant(const json::object& from, std::string_view tag, Variant& into) {
  if constexpr (I == std::variant_size_v<Variant>) {
    path_.emplace_back("is");
    return expected("a kind of this version", json::value(json::string_view(tag.data(), tag.size())));
  } else {
    using What = std::variant_alternative_t<I, Variant>;
    if (tag != Shape<What>::tag) return take_variant<Variant, I + 1>(from, tag, into);
    return take_fields(from, into.template emplace<I>(), true);
  }
}

template <class T>
bool JsonReader::take(const json::value& from, T& into) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!from.is_bool()) return expected("true or false", from);
    into = from.get_bool();
    return true;
  } else if constexpr (std::is_enum_v<T>) {
    if constexpr (requires { to_string(into); }) {
      const auto read = from.is_string()
                            ? enum_of<T>(std::string_view(from.get_string().data(), from.get_string().size()))
                            : std::nullopt;
      if (!read) return expected(("one of " + names_of_all<T>()).c_str(), from);
      into = *read;
      return true;
    } else {
      int number = 0;
      if (!take_number(from, number) || number < 0 || number > last_of(T{}))
        return expected(fmt::format("a number from 0 to {}", last_of(T{})).c_str(), from);
      into = static_cast<T>(number);
      return true;
    }
  } else if constexpr (std::is_integral_v<T>) {
    return take_number(from, into) || expected("a whole number that fits", from);
  } else if constexpr (std::is_same_v<T, double>) {
    return take_double(from, into) || expected("a number as text", from);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!from.is_string()) return expected("a text", from);
    into = std::string_view(from.get_string().data(), from.get_string().size());
    return true;
  } else if constexpr (std::is_same_v<T, Secret>) {
    std::string text;
    if (!take(from, text)) return false;
    into = Secret(std::move(text));
    return true;
  } else if constexpr (std::is_same_v<T, PolicyPtr>) {
    std::uint64_t number = 0;
    if (take_number(from, number))
      if (const auto found = policies_.find(number); found != policies_.end()) {
        into = found->second;
        return true;
      }
    return expected("the number of a policy that an earlier line holds", from);
  } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
    if (!from.is_object()) return expected("an object", from);
    for (const auto& entry : from.get_object()) {
      const std::string name(entry.key().data(), entry.key().size());
      path_.push_back(clip(printable(name), 60));
      if (!take(entry.value(), into[name])) return false;
      path_.pop_back();
    }
    return true;
  } else if constexpr (std::is_same_v<T, Instant>) {
    Duration since{0};
    if (!take(from, since)) return false;
    into = Instant{since};
    return true;
  } else if constexpr (std::is_same_v<T, WallTime>) {
    return take(from, into.unix_ms);
  } else if constexpr (requires { typename T::period; }) {
    typename T::rep count = 0;
    if (!take(from, count)) return false;
    into = T{count};
    return true;
  } else if constexpr (IsShared<T>::value) {
    std::remove_const_t<typename T::element_type> value;
    const bool empty = from.is_array() && from.get_array().size() == 1;
    if (!take(empty ? from.get_array().front() : from, value)) return false;
    into = std::make_shared<typename T::element_type>(std::move(value));
    return true;
  } else if constexpr (IsOptional<T>::value) {
    if (!from.is_array() || from.get_array().size() != 1) return expected("a list of exactly one", from);
    return take(from.get_array()[0], into.emplace());
  } else if constexpr (IsVariant<T>::value) {
    if (!from.is_object()) return expected("an object", from);
    const json::object& object = from.get_object();
    const auto tag = object.find("is");
    if (tag == object.end() || !tag->value().is_string()) return expected("an object with \"is\"", from);
    const json::string& text = tag->value().get_string();
    return take_variant(object, std::string_view(text.data(), text.size()), into);
  } else if constexpr (Shaped<T>) {
    if (!from.is_object()) return expected("an object", from);
    return take_fields(from.get_object(), into, false);
  } else if constexpr (requires { into.emplace_back(); }) {
    if (!from.is_array()) return expected("a list", from);
    into.clear();  // some lists have a default
    std::size_t index = 0;
    for (const json::value& each : from.get_array()) {
      path_.push_back(std::to_string(index++));
      if (!take(each, into.emplace_back())) return false;
      path_.pop_back();
    }
    return true;
  } else {
    return take(from, into.value);  // an id
  }
}

template <class T>
Result<T> JsonReader::whole(const json::value& value, const char* what) {
  path_ = {what};
  problem_.clear();
  T into;
  if (take(value, into)) return into;
  return failure(ErrorCode::InvalidInput, problem_);
}

Result<Event> JsonReader::event(const json::value& value) {
  return whole<Event>(value, "event");
}

Result<HostPolicy> JsonReader::host_policy(const json::value& value) {
  return whole<HostPolicy>(value, "host_policy");
}

Result<StoredState> JsonReader::stored(const json::value& value) {
  return whole<StoredState>(value, "stored");
}

Result<void> JsonReader::policy(std::uint64_t number, const json::value& value) {
  auto policy = whole<Policy>(value, "is");
  if (!policy) return tl::unexpected(std::move(policy.error()));
  // What the core relies on.
  if (policy->actions.empty()) return failure(ErrorCode::InvalidInput, "is.actions: a ladder needs one rung");
  if (policy->interval <= Duration{0})
    return failure(ErrorCode::InvalidInput, "is.interval: a time above 0 was expected");
  for (const MaintenanceWindow& window : policy->maintenance)
    if (window.zone && window.zone->changes.empty())
      return failure(ErrorCode::InvalidInput, "is.maintenance: a time zone needs its changes");
  if (!policies_.emplace(number, std::make_shared<const Policy>(std::move(*policy))).second)
    return failure(ErrorCode::InvalidInput, fmt::format("policy {} is there twice", number));
  return {};
}

}  // namespace healer::replay
