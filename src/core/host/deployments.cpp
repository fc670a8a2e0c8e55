#include "core/host/deployments.hpp"

#include <algorithm>

namespace healer {
namespace {

/// Compose creates the next container within this time.
constexpr Duration quiet_for = 60s;
constexpr Duration longest = 10min;
constexpr Duration again_after = 30min;

}  // namespace

Instant Deployments::Episode::until() const {
  return std::min(newest + quiet_for, first + longest);
}

void Deployments::changed(const std::string& project, Instant at, Instant now) {
  if (at + quiet_for <= now) return;  // repeated by the engine after a reconnect
  const auto [found, is_new] = of_project_.try_emplace(project, Episode{at, at});
  Episode& episode = found->second;
  if (is_new) return;
  if (at >= episode.first + again_after)
    episode = Episode{at, at};
  else if (at < episode.until())
    episode.newest = std::max(episode.newest, at);
}

std::optional<Instant> Deployments::in_progress_until(const std::string& project, Instant now) const {
  const auto found = of_project_.find(project);
  if (found == of_project_.end() || now >= found->second.until()) return std::nullopt;
  return found->second.until();
}

}  // namespace healer
