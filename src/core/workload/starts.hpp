#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"

namespace healer {

struct View;
struct Workload;

/// How long the starts of a workload's instances took: from the start to the first pass. HEALING.md 2. A
/// start after an unclean end may take longer (recovery), so such starts are learned apart.
struct LearnedStarts {
  bool healthy_once = false;  ///< an instance was seen from its start to a pass, of whatever image
  std::vector<Duration> clean;
  std::vector<Duration> unclean;  ///< starts after an instance that was killed or crashed
  std::string image;              ///< the image that both are of

  /// How the instance before ended.
  enum class After { CleanEnd, UncleanEnd };

  bool none() const { return clean.empty() && unclean.empty(); }
  /// No instance of the image has passed yet.
  bool first_of(const std::string& image_id) const { return !image_id.empty() && image != image_id; }
  /// An instance of the image has passed: starts of another image do not count any more.
  void passed(const std::string& image_id);
  void add(Duration took, After end);
  /// Zero: none is known.
  Duration longest() const;
};

/// How long an instance's start may take, as far as healer has learned.
Duration learned_start_period(const Workload& workload);
/// How long after its start the failures of the workload's instance do not count: configured, or learned.
Duration start_period(const View& view);

}  // namespace healer
