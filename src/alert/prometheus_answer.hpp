#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace healer {

/// A series' value at the time of the query.
struct Sample {
  std::map<std::string, std::string> labels;
  double value = 0;  ///< never NaN
};

/// The result of a query.
struct Samples {
  std::vector<Sample> all;
  std::size_t not_numbers = 0;  ///< series left out because their value is NaN
};

inline constexpr std::size_t most_samples = 10'000;

/// Reads the body of an instant query
/// (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries), for any HTTP status. A
/// scalar is one sample without labels. Histograms are left out. InvalidInput says why there are no samples:
/// the server's error, another kind of body, or more samples than most_samples; no input crashes.
Result<Samples> read_prometheus_answer(std::string_view body);

}  // namespace healer
