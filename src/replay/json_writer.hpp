#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/secret.hpp"
#include "model/event.hpp"
#include "model/record.hpp"

namespace healer::replay {

/// The model's values as JSON, for a recording. Fields that are empty or zero are left out. Policies are
/// numbers: what they stand for comes from take_policies(). A secret becomes "<redacted>", "<redacted 2>" and
/// so on, the same one for the same secret: what is compared stays comparable. So do the values of a
/// container's labels, but for compose's own, which decide who depends on whom.
class JsonWriter {
 public:
  boost::json::value event(const Event& event);
  boost::json::value host_policy(const HostPolicy& policy);
  boost::json::value stored(const StoredState& stored);

  struct NewPolicy {
    std::uint64_t number = 0;
    boost::json::value value;
  };
  /// Those that values written since the last call refer to, and none before did.
  std::vector<NewPolicy> take_policies() { return std::exchange(new_policies_, {}); }

 private:
  template <class T>
  boost::json::value put(const T& value);
  std::uint64_t number_of(const Policy& policy);
  std::string hidden(const std::string& secret);

  std::unordered_map<std::string, std::uint64_t> policies_;  ///< by their text
  std::unordered_map<std::string, std::string> hidden_;
  std::vector<NewPolicy> new_policies_;
};

}  // namespace healer::replay
