#include "engine/docker/container_secrets.hpp"

#include <algorithm>
#include <utility>

#include "base/redact.hpp"

namespace healer::docker {
namespace {

std::size_t bytes_of(const std::vector<std::string>& secrets) {
  std::size_t bytes = 0;
  for (const std::string& secret : secrets) bytes += secret.size();
  return bytes;
}

}  // namespace

void ContainerSecrets::learn(const std::string& container_id, std::vector<std::string> secrets) {
  const auto known = secrets_.find(container_id);
  if (known != secrets_.end()) {
    if (known->second == secrets)
      return;  // the environment of a container does not change, but engines differ
    forget(container_id);
  }
  if (secrets.empty()) return;
  bytes_ += bytes_of(secrets);
  secrets_.emplace(container_id, std::move(secrets));
  oldest_first_.push_back(container_id);
  while (oldest_first_.size() > 1 && (oldest_first_.size() > most_containers || bytes_ > most_bytes))
    forget(std::string(oldest_first_.front()));
}

void ContainerSecrets::forget(const std::string& container_id) {
  const auto known = secrets_.find(container_id);
  if (known == secrets_.end()) return;
  bytes_ -= bytes_of(known->second);
  secrets_.erase(known);
  oldest_first_.erase(std::find(oldest_first_.begin(), oldest_first_.end(), container_id));
}

std::string ContainerSecrets::hidden(const std::string& container_id, std::string_view text) const {
  const auto known = secrets_.find(container_id);
  return known == secrets_.end() ? redact(text) : redact(text, known->second);
}

}  // namespace healer::docker
