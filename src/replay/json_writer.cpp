#include "replay/json_writer.hpp"

#include <map>
#include <string_view>
#include <type_traits>

#include <fmt/format.h>

#include "base/redact.hpp"
#include "replay/shape_event.hpp"
#include "replay/shape_record.hpp"

namespace healer::replay {
namespace {

namespace json = boost::json;

constexpr std::string_view compose_labels = "com.docker.compose.";

/// Left out where it is a field: the reader puts the same there.
bool is_nothing(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return true;
    case json::kind::bool_:
      return !value.get_bool();
    case json::kind::int64:
      return value.get_int64() == 0;
    case json::kind::uint64:
      return value.get_uint64() == 0;
    case json::kind::double_:
      return false;
    case json::kind::string:
      return value.get_string().empty();
    case json::kind::array:
      return value.get_array().empty();
    case json::kind::object:
      return value.get_object().empty();
  }
  return false;
}

template <class T>
std::int64_t count_of(const T& time) {
  if constexpr (std::is_same_v<T, Instant>)
    return time.time_since_epoch().count();
  else if constexpr (std::is_same_v<T, WallTime>)
    return time.unix_ms;
  else
    return time.count();
}

template <class T>
concept Time = std::is_same_v<T, Instant> || std::is_same_v<T, WallTime> || requires(T time) {
  typename T::period;
};

template <class T>
concept Id = requires(T id) {
  id.value;
}
&&!Shaped<T> && !IsOptional<T>::value;

}  // namespace

std::string JsonWriter::hidden(const std::string& secret) {
  if (secret.empty()) return {};
  const auto [entry, fresh] = hidden_.try_emplace(secret);
  if (fresh)
    entry->second =
        hidden_.size() == 1 ? std::string(redacted_mark) : fmt::format("<redacted {}>", hidden_.size());
  return entry->second;
}

std::uint64_t JsonWriter::number_of(const Policy& policy) {
  json::value value = put(policy);
  const auto [entry, fresh] = policies_.try_emplace(json::serialize(value), policies_.size() + 1);
  if (fresh) new_policies_.push_back({entry->second, std::move(value)});
  return entry->second;
}

template <class T>
json::value JsonWriter::put(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value;
  } else if constexpr (std::is_enum_v<T>) {
    if constexpr (requires { to_string(value); })
      return json::value(to_string(value));
    else
      return static_cast<std::int64_t>(value);
  } else if constexpr (std::is_unsigned_v<T>) {
    return static_cast<std::uint64_t>(value);
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return json::value(fmt::format("{}", value));  // exact; as a JSON number it might not be read back so
  } else if constexpr (std::is_same_v<T, std::string>) {
    return json::value(value);
  } else if constexpr (std::is_same_v<T, Secret>) {
    return json::value(hidden(value.reveal()));
  } else if constexpr (std::is_same_v<T, PolicyPtr>) {
    return value ? json::value(number_of(*value)) : json::value();
  } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
    json::object labels;
    for (const auto& [label, text] : value)
      labels[label] = label.starts_with(compose_labels) ? text : hidden(text);
    return labels;
  } else if constexpr (Time<T>) {
    return count_of(value);
  } else if constexpr (Id<T>) {
    return value.value;
  } else if constexpr (IsShared<T>::value) {
    if (!value) return json::value();
    json::value written = put(*value);
    // With nothing in it, it would read as if it were not there.
    if (is_nothing(written)) return json::array{std::move(written)};
    return written;
  } else if constexpr (IsOptional<T>::value) {
    return value ? json::value(json::array{put(*value)}) : json::value();
  } else if constexpr (IsVariant<T>::value) {
    return std::visit(
        [this](const auto& what) -> json::value {
          json::object object;
          object["is"] = Shape<std::decay_t<decltype(what)>>::tag;
          json::value fields = this->put(what);
          for (auto& field : fields.get_object()) object[field.key()] = std::move(field.value());
          return object;
        },
        value);
  } else if constexpr (Shaped<T>) {
    json::object object;
    std::size_t index = 0;
    const auto add = [&](const auto& field) {
      const char* name = Shape<T>::names[index++];
      if constexpr (std::is_enum_v<std::decay_t<decltype(field)>>)
        if (field == std::decay_t<decltype(field)>{}) return;
      if (json::value written = put(field); !is_nothing(written)) object[name] = std::move(written);
    };
    std::apply([&](const auto&... fields) { (add(fields), ...); }, Shape<T>::tie(value));
    return object;
  } else {
    json::array array;
    for (const auto& each : value) array.push_back(put(each));
    return array;
  }
}

json::value JsonWriter::event(const Event& event) {
  return put(event);
}

json::value JsonWriter::host_policy(const HostPolicy& policy) {
  return put(policy);
}

json::value JsonWriter::stored(const StoredState& stored) {
  return put(stored);
}

}  // namespace healer::replay
