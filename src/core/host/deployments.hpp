#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "base/time.hpp"

namespace healer {

/// Which projects are being deployed: their containers are created and removed. HEALING.md 5.
///
///   project     | input                                    | next        | what is done
///   ------------+------------------------------------------+-------------+----------------------------------
///   (none)      | a container was created or removed       | InProgress  | its remedies are held
///   InProgress  | another one, within 60 s                 | InProgress  | 60 s longer, 10 min in all
///   InProgress  | 60 s without one, or 10 min in all       | Over        |
///   Over        | another one, within 30 min of the first  | Over        | a deployment that never ends
///   holds
///               |                                          |             | no remedy for ever
///   Over        | another one, later                       | InProgress  |
class Deployments {
 public:
  /// `at`: when it happened; `now`: when it was reported.
  void changed(const std::string& project, Instant at, Instant now);
  /// The end of the deployment in progress, unless it goes on; empty: there is none.
  std::optional<Instant> in_progress_until(const std::string& project, Instant now) const;

 private:
  struct Episode {
    Instant first{};
    Instant newest{};
    Instant until() const;
  };
  std::unordered_map<std::string, Episode> of_project_;
};

}  // namespace healer
