#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "model/event.hpp"
#include "model/record.hpp"

namespace healer::replay {

/// The JSON of the model's values in a recording: as json/writer.hpp makes it, except for three types. A
/// policy is a number; take_policies() gives the policy itself. A secret becomes "<redacted>", "<redacted 2>"
/// and so on, equal secrets the same text, so that comparisons still work. The values of a container's labels
/// are hidden in the same way, except compose's labels, which decide the dependencies.
class ValueWriter {
 public:
  boost::json::value event(const Event& event);
  boost::json::value host_policy(const HostPolicy& policy);
  boost::json::value stored(const StoredState& stored);

  struct NewPolicy {
    std::uint64_t number = 0;
    boost::json::value value;
  };
  /// The policies that were first used since the last call.
  std::vector<NewPolicy> take_policies() { return std::exchange(new_policies_, {}); }

  // What json::Writer calls.
  boost::json::value write(const Secret& secret);
  boost::json::value write(const PolicyPtr& policy);
  boost::json::value write(const std::map<std::string, std::string>& labels);

 private:
  std::string hidden(const std::string& secret);

  std::unordered_map<std::string, std::uint64_t> policies_;  ///< number by the policy's JSON text
  std::unordered_map<std::string, std::string> hidden_;
  std::vector<NewPolicy> new_policies_;
};

/// Reads what a ValueWriter made. An InvalidInput error names the field, the value found and the values
/// accepted.
class ValueReader {
 public:
  Result<Event> event(const boost::json::value& value);
  Result<HostPolicy> host_policy(const boost::json::value& value);
  Result<StoredState> stored(const boost::json::value& value);
  /// Adds the policy of this number, for later events. InvalidInput if the number exists already.
  Result<void> policy(std::uint64_t number, const boost::json::value& value);

  // What json::Reader calls.
  const char* read(const boost::json::value& from, PolicyPtr& into) const;

 private:
  std::unordered_map<std::uint64_t, PolicyPtr> policies_;
};

}  // namespace healer::replay
