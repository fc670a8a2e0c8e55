#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/effect.hpp"
#include "model/event.hpp"
#include "net/curl_client.hpp"
#include "net/loop.hpp"

namespace healer {

struct AlertVerdict {
  AlertAnswer answer = AlertAnswer::Unknown;
  std::string why;  ///< unless it fires: the reason, for operators
};

/// Reads the answer to `GET /api/v2/alerts`
/// (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml). An alert that is in the list
/// by its fingerprint or by all its labels, and neither silenced nor inhibited, fires. Any other answer than
/// a list of alerts with status 200, such as a login page, is Unknown; no input crashes.
AlertVerdict read_alert_list(int status, std::string_view body, const ConfirmAlert& alert);

/// The path and query of the question about the alert.
std::string alert_list_query(const ConfirmAlert& alert);

/// Asks whether an alert fires now: Alertmanager, or Prometheus about one of healer's own rules.
///
/// The address of Alertmanager is the configured one, else the one in the alert's notification, which carried
/// the receiver's token. Such a request has no credentials, follows no redirect, takes 5 s and 4 MiB at most,
/// and of its answer only the verdict is used.
class AlertConfirmation {
 public:
  using Done = std::function<void(AlertAnswer, std::string why)>;
  struct Parts {
    net::Loop& loop;
    net::CurlClient& curl;
    std::function<std::string()> alertmanager;  ///< "auto", "none", or the base URL
    std::function<void(const std::string& rule, const std::string& workload, Done)> rule;  ///< healer's own
  };
  explicit AlertConfirmation(Parts parts) : parts_(std::move(parts)) {}

  /// `done` is called once, on the loop, within 6 s, never before ask() returns.
  void ask(const ConfirmAlert& alert, Done done);

 private:
  void unknown(std::string why, Done done);

  Parts parts_;
};

}  // namespace healer
