#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/json.hpp>

#include "base/result.hpp"
#include "model/event.hpp"
#include "model/record.hpp"

namespace healer::replay {

/// The way back from JsonWriter. InvalidInput names the field, what is there and what would be accepted.
class JsonReader {
 public:
  Result<Event> event(const boost::json::value& value);
  Result<HostPolicy> host_policy(const boost::json::value& value);
  Result<StoredState> stored(const boost::json::value& value);
  /// What events will call by this number; a number is given once.
  Result<void> policy(std::uint64_t number, const boost::json::value& value);

 private:
  template <class T>
  Result<T> whole(const boost::json::value& value, const char* what);
  template <class T>
  bool take(const boost::json::value& from, T& into);
  template <class T>
  bool take_fields(const boost::json::object& from, T& into, bool tagged);
  template <class Variant, std::size_t I = 0>
  bool take_variant(const boost::json::object& from, std::string_view tag, Variant& into);
  bool expected(const char* what, const boost::json::value& seen);

  std::unordered_map<std::uint64_t, PolicyPtr> policies_;
  std::vector<std::string> path_;
  std::string problem_;
};

}  // namespace healer::replay
