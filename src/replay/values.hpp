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

/// The model's values as a recording has them: as json/writer.hpp makes them, but for three types.
/// Policies are numbers; what a number stands for comes from take_policies(). A secret becomes "<redacted>",
/// "<redacted 2>" and so on, the same one for the same secret: what is compared stays comparable. So do the
/// values of a container's labels, except compose's own, which decide who depends on whom.
class ValueWriter {
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

  // What json::Writer calls.
  boost::json::value write(const Secret& secret);
  boost::json::value write(const PolicyPtr& policy);
  boost::json::value write(const std::map<std::string, std::string>& labels);

 private:
  std::string hidden(const std::string& secret);

  std::unordered_map<std::string, std::uint64_t> policies_;  ///< by their text
  std::unordered_map<std::string, std::string> hidden_;
  std::vector<NewPolicy> new_policies_;
};

/// The way back from a ValueWriter. InvalidInput names the field, what is there and what would be accepted.
class ValueReader {
 public:
  Result<Event> event(const boost::json::value& value);
  Result<HostPolicy> host_policy(const boost::json::value& value);
  Result<StoredState> stored(const boost::json::value& value);
  /// What events will call by this number; a number is given once.
  Result<void> policy(std::uint64_t number, const boost::json::value& value);

  // What json::Reader calls.
  const char* read(const boost::json::value& from, PolicyPtr& into) const;

 private:
  std::unordered_map<std::uint64_t, PolicyPtr> policies_;
};

}  // namespace healer::replay
