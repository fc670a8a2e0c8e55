#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "core/workload/workload.hpp"

namespace healer {

/// The workload does not take over the container, although its key is the workload's: of two containers under
/// one key the one that started last is the workload's.
bool keeps_its_container(const Workload& workload, const Container& another);

/// Its container was removed so long ago that no replacement is expected, and nothing is under way.
bool may_be_forgotten(const Workload& workload, Instant now);

/// The watched workloads: by key, and by the container that is or was the workload's.
class Workloads {
 public:
  Workloads() = default;
  Workloads(const Workloads&) = delete;
  Workloads& operator=(const Workloads&) = delete;

  std::size_t size() const { return by_key_.size(); }
  /// Null: healer watches no workload with this key.
  Workload* find(const std::string& key) {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second.get();
  }
  const Workload* find(const std::string& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second.get();
  }
  Workload* of_container(const std::string& id) {
    const auto found = key_of_container_.find(id);
    return found == key_of_container_.end() ? nullptr : find(found->second);
  }
  bool has_container(const std::string& id) const { return key_of_container_.contains(id); }
  /// The key of the workload with this key, else of the workload whose container has this name.
  std::optional<std::string> key_of(std::string_view key_or_name) const;

  /// Calls `look` with each workload. Trap: in the order of a hash map, which must not decide anything.
  template <class F>
  void each(F&& look) {
    for (auto& [key, workload] : by_key_) look(*workload);
  }
  template <class F>
  void each(F&& look) const {
    for (const auto& [key, workload] : by_key_) look(static_cast<const Workload&>(*workload));
  }
  /// The keys of the workloads for which `is` is true, sorted.
  template <class F>
  std::vector<std::string> keys_where(F&& is) const {
    std::vector<std::string> keys;
    for (const auto& [key, workload] : by_key_)
      if (is(static_cast<const Workload&>(*workload))) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    return keys;
  }
  /// The containers of workloads that are not in `listed`, which is sorted. Sorted.
  std::vector<std::string> containers_not_in(const std::vector<std::string>& listed) const;

  /// The instances that run, by container id: InstanceId::started_at.
  std::unordered_map<std::string, std::string> running() const;

  /// Makes the container the workload's. A workload that is not watched yet is `restored()`.
  template <class F>
  Workload& adopt(const std::string& key, const std::string& container_id, F&& restored) {
    auto& slot = by_key_[key];
    if (!slot) slot = std::make_unique<Workload>(restored());
    if (slot->container.id != container_id) key_of_container_.erase(slot->container.id);
    key_of_container_[container_id] = key;
    return *slot;
  }
  /// The container is no workload's any more.
  void release_container(const std::string& id) { key_of_container_.erase(id); }
  /// The workload is known under the other key from now on, unless another workload has that key.
  void rekey(const std::string& key, const std::string& other);
  /// Trap: destroys the workload.
  void forget(const std::string& key);

 private:
  std::unordered_map<std::string, std::unique_ptr<Workload>> by_key_;
  std::unordered_map<std::string, std::string> key_of_container_;
};

}  // namespace healer
