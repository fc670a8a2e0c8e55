#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace healer {

/// A series' value at the time it was asked for.
struct Sample {
  std::map<std::string, std::string> labels;
  double value = 0;  ///< never NaN
};

/// What a query gave.
struct Samples {
  std::vector<Sample> all;
  std::size_t not_numbers = 0;  ///< series left out because their value is NaN, which says nothing
};

inline constexpr std::size_t most_samples = 10'000;

/// The body of an instant query (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries),
/// whatever the HTTP status was. A scalar is one sample without labels. Histograms are left out. InvalidInput
/// says why there are no samples: the server's own error, what is no such body, or more samples than
/// most_samples; any bytes at all are an answer, never a crash.
Result<Samples> read_prometheus_answer(std::string_view body);

}  // namespace healer
