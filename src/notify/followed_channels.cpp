#include "notify/followed_channels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"

namespace healer {
namespace {

/// Because of the space no channel can have the name.
const std::string followed_name = "escalated to";

}  // namespace

bool FollowedChannels::restore(const Receipt& receipt) {
  if (receipt.channel != followed_name) return false;
  for (const std::string& name : split(receipt.text, ' ')) by_key_[receipt.dedup_key].insert(name);
  return true;
}

void FollowedChannels::add(const std::string& dedup_key, const std::string& channel, Instant now,
                           std::vector<Record>& records) {
  if (dedup_key.empty()) return;
  std::set<std::string>& names = by_key_[dedup_key];
  if (!names.insert(channel).second) return;
  records.emplace_back(Receipt{followed_name, dedup_key, fmt::format("{}", fmt::join(names, " ")), now});
  if (by_key_.size() <= most_) return;
  auto other = by_key_.begin();
  if (other->first == dedup_key) ++other;
  records.emplace_back(Receipt{followed_name, other->first, "", now});
  by_key_.erase(other);
}

std::set<std::string> FollowedChannels::of(const std::string& dedup_key) const {
  const auto found = by_key_.find(dedup_key);
  return found == by_key_.end() ? std::set<std::string>() : found->second;
}

}  // namespace healer
