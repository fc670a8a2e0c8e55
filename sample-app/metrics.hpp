#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace sample_app {

/// Counts the requests of the service, and writes the metrics in Prometheus' text format.
class Metrics {
 public:
  /// Counts one answered request. `path` must come from a fixed set: each value is a time series.
  void count(const std::string& path, unsigned status, std::chrono::nanoseconds took);

  /// The present state, for the gauges.
  struct Now {
    bool healthy = true;
    bool broken = false;
    bool hanging = false;
    std::chrono::milliseconds slow{0};
    unsigned error_percent = 0;
    double started_unix_seconds = 0;
  };

  /// All metrics, in text format 0.0.4.
  std::string text(const Now& now) const;

 private:
  static constexpr std::array<double, 10> bounds_{0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

  struct Histogram {
    std::array<std::uint64_t, bounds_.size() + 1> buckets{};
    double sum = 0;
    std::uint64_t count = 0;
  };

  std::map<std::pair<std::string, unsigned>, std::uint64_t> requests_;
  std::map<std::string, Histogram> durations_;
};

}  // namespace sample_app
