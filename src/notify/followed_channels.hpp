#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

/// The channels that also get the later notifications of a dedup key, because they got one that another
/// channel had refused: so they get the end, too. Stored as receipts of a name that no channel can have.
class FollowedChannels {
 public:
  /// Of more than `most` keys, another one is forgotten.
  explicit FollowedChannels(std::size_t most) : most_(most) {}

  /// Takes over a stored receipt. False: it is a channel's own.
  bool restore(const Receipt& receipt);
  /// The channel follows the key from now on; appends the receipts to be stored.
  void add(const std::string& dedup_key, const std::string& channel, Instant now,
           std::vector<Record>& records);
  std::set<std::string> of(const std::string& dedup_key) const;

 private:
  std::size_t most_;
  std::map<std::string, std::set<std::string>> by_key_;
};

}  // namespace healer
