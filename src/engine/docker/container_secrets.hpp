#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace healer::docker {

/// The secret values of the environments of containers, from their last inspects, for texts that arrive
/// later: the output of commands run inside. At most `most_containers` and `most_bytes` are kept, those of
/// the oldest inspects go first.
class ContainerSecrets {
 public:
  static constexpr std::size_t most_containers = 4096;
  static constexpr std::size_t most_bytes = 8 * 1024 * 1024;

  void learn(const std::string& container_id, std::vector<std::string> secrets);
  /// The text without these secrets and without those that can be recognised (redact()).
  std::string hidden(const std::string& container_id, std::string_view text) const;

 private:
  void forget(const std::string& container_id);

  std::unordered_map<std::string, std::vector<std::string>> secrets_;
  std::deque<std::string> oldest_first_;  ///< of secrets_
  std::size_t bytes_ = 0;
};

}  // namespace healer::docker
