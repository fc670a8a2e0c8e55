#include "metrics.hpp"

#include <algorithm>
#include <cstdio>

namespace sample_app {
namespace {

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

void family(std::string& out, const char* name, const char* type, const char* help) {
  out += std::string("# HELP ") + name + ' ' + help + "\n# TYPE " + name + ' ' + type + '\n';
}

void gauge(std::string& out, const char* name, const char* help, double value) {
  family(out, name, "gauge", help);
  out += std::string(name) + ' ' + number(value) + '\n';
}

}  // namespace

void Metrics::count(const std::string& path, unsigned status, std::chrono::nanoseconds took) {
  ++requests_[{path, status}];
  const double seconds = std::chrono::duration<double>(took).count();
  Histogram& histogram = durations_[path];
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), seconds) - bounds_.begin();
  ++histogram.buckets[static_cast<std::size_t>(bucket)];
  ++histogram.count;
  histogram.sum += seconds;
}

std::string Metrics::text(const Now& now) const {
  std::string out;
  family(out, "app_build_info", "gauge", "Always 1; the version is the label.");
  out += "app_build_info{version=\"" SAMPLE_APP_VERSION "\"} 1\n";
  gauge(out, "app_up", "Always 1 while the process answers.", 1);
  gauge(out, "app_healthy", "1 when /health would answer 200 at once, else 0.", now.healthy);
  gauge(out, "app_broken", "1 after POST /break or a broken start, until POST /fix.", now.broken);
  gauge(out, "app_hanging", "1 after POST /hang, until POST /fix.", now.hanging);
  gauge(out, "app_health_delay_seconds", "How long /health waits before it answers (POST /slow).",
        std::chrono::duration<double>(now.slow).count());
  gauge(out, "app_error_ratio", "The share of GET / that is answered 500 (POST /errors).",
        now.error_percent / 100.0);
  gauge(out, "app_start_time_seconds", "When the process started, in seconds since 1970.",
        now.started_unix_seconds);

  family(out, "app_requests_total", "counter", "Requests answered, by path and status.");
  for (const auto& [key, value] : requests_) {
    out += "app_requests_total{path=\"" + key.first + "\",status=\"" + std::to_string(key.second) + "\"} " +
           std::to_string(value) + '\n';
  }

  family(out, "app_request_duration_seconds", "histogram",
         "From a request read to its answer written, by path.");
  for (const auto& [path, histogram] : durations_) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i <= bounds_.size(); ++i) {
      below += histogram.buckets[i];
      out += "app_request_duration_seconds_bucket{path=\"" + path + "\",le=\"" +
             (i < bounds_.size() ? number(bounds_[i]) : "+Inf") + "\"} " + std::to_string(below) + '\n';
    }
    out += "app_request_duration_seconds_sum{path=\"" + path + "\"} " + number(histogram.sum) + '\n';
    out +=
        "app_request_duration_seconds_count{path=\"" + path + "\"} " + std::to_string(histogram.count) + '\n';
  }
  return out;
}

}  // namespace sample_app
