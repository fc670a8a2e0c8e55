#include "engine/docker/network_drivers.hpp"

#include <algorithm>
#include <utility>

#include "engine/docker/json_engine.hpp"

namespace healer::docker {
namespace {

constexpr std::chrono::minutes pause_after_failure{1};

}  // namespace

bool NetworkDrivers::may_ask() const {
  return !refused_ && (!not_before_ || std::chrono::steady_clock::now() >= *not_before_);
}

void NetworkDrivers::learn(const std::vector<std::string>& network_ids, std::function<void()> done) {
  const auto unknown = [this](const std::string& id) { return !id.empty() && known_.count(id) == 0; };
  if (std::none_of(network_ids.begin(), network_ids.end(), unknown) || !may_ask()) return done();
  // A call under way may have been answered before the newest network was made: known_ gets only the networks
  // that were asked for before the call, and the others cause another call.
  const bool first = waiting_.empty();
  waiting_.push_back([this, network_ids, done = std::move(done), first]() mutable {
    if (first) return done();
    learn(network_ids, std::move(done));
  });
  if (!first) return;
  std::copy_if(network_ids.begin(), network_ids.end(), std::back_inserter(asked_for_), unknown);
  caller_.call(caller_.question("/networks"),
               [this](const Result<net::HttpAnswer>& answer) { answered(answer); });
}

void NetworkDrivers::answered(const Result<net::HttpAnswer>& answer) {
  const auto asked_for = std::exchange(asked_for_, {});
  const auto waiting = std::exchange(waiting_, {});
  Result<NetworkList> networks = failure(ErrorCode::Protocol, "no list");
  if (answer && answer->status == 200) networks = parse_networks(answer->body);
  if (networks) {
    if (known_.size() + networks->size() > most_networks) known_.clear();
    for (auto& [id, driver] : *networks) known_.insert_or_assign(std::move(id), std::move(driver));
    for (const std::string& id : asked_for) known_.emplace(id, "");
  } else if (answer && status_error("networks", *answer).code == ErrorCode::Refused) {
    refused_ = true;
  } else {
    not_before_ = std::chrono::steady_clock::now() + pause_after_failure;
  }
  for (const auto& done : waiting) done();
}

std::string NetworkDrivers::of(const std::string& network_id) const {
  const auto found = known_.find(network_id);
  return found == known_.end() ? std::string() : found->second;
}

void NetworkDrivers::forget() {
  known_.clear();
  not_before_.reset();
  refused_ = false;
}

}  // namespace healer::docker
