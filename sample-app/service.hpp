#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "metrics.hpp"

namespace sample_app {

/// The answer to one request, and what the server does with it.
struct Answer {
  enum class When {
    Now,    ///< send the answer at once
    After,  ///< send the answer after `delay`
    OnFix,  ///< keep the connection open; handle the request again after POST /fix
  };
  enum class Then {
    Nothing,
    WakeHung,         ///< after POST /fix: handle all waiting requests again
    StopListening,    ///< refuse connections from now on
    DropConnections,  ///< accept connections from now on, and close each at once
    ExitImmediately,  ///< end the process with `exit_code`, without an answer
  };

  When when = When::Now;
  Then then = Then::Nothing;
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string allow;       ///< for 405: the methods accepted
  std::string path_label;  ///< the path as a metric label, from a fixed set
  std::chrono::milliseconds delay{0};
  int exit_code = 0;
};

/// The service without its sockets: every path and every fault.
class Service {
 public:
  /// `started` is the wall clock at start; `broken_at_start` makes the service unhealthy until POST /fix.
  Service(std::chrono::system_clock::time_point started, bool broken_at_start);

  /// Answers one request; `target` is the path with its query.
  Answer handle(std::string_view method, std::string_view target, std::chrono::system_clock::time_point now);

  Metrics& metrics() { return metrics_; }

 private:
  Answer health() const;
  Answer slow(std::string_view query);
  Answer errors(std::string_view query);
  /// Whether this request fails. Failing requests are spread evenly, and are the same in every run.
  bool one_of_the_errors();
  Answer crash(std::string_view query) const;

  std::chrono::system_clock::time_point started_;
  std::string broken_;  ///< the reason; empty when not broken
  bool hanging_ = false;
  std::chrono::milliseconds slow_{0};
  unsigned error_percent_ = 0;
  unsigned error_debt_ = 0;  ///< in hundredths of a failed request
  Metrics metrics_;
};

}  // namespace sample_app
