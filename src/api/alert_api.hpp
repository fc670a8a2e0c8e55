#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "alert/place.hpp"
#include "api/snapshot.hpp"
#include "api/token_throttle.hpp"
#include "base/secret.hpp"
#include "model/alert_mapping.hpp"
#include "model/event.hpp"
#include "net/http_server.hpp"

namespace healer {

/// Settings of the alert receiver.
struct AlertSettings {
  Secret token;                             ///< empty: the receiver is off
  std::vector<std::string> labels;          ///< labels that name a container, in this order; alert/target.hpp
  std::vector<AlertMapping> mappings = {};  ///< tried before the labels
  bool act = false;                         ///< true: also alerts without the label healer_action act
  AlertPlaces places = {};
};

/// The result of an alert, or of a request without alerts.
enum class AlertResult { Accepted, Unknown, Ambiguous, OtherContainer, OtherHost, BadToken, Malformed };

const char* to_string(AlertResult result);

/// POST /api/v1/alertmanager: the receiver for Alertmanager's webhook, and Grafana's.
///
///   no token is configured    404, with the setting's name
///   missing or wrong token    401, counted; TokenThrottle slows who tries many
///   too many wrong tokens     429 with Retry-After; the token is not judged
///   healer is not ready       503: Alertmanager tries again
///   malformed body            400, nothing changed
///   otherwise                 200, with what becomes of each alert, and why. An unknown container is
///                             no error of the request: after an error, Alertmanager would repeat it
///                             for ever
///
/// An alert acts only if its label healer_action says `heal`, or if it has none and the settings say so.
///
/// The token comes as `Authorization: Bearer TOKEN`, never in the URL, which proxies log.
class AlertApi {
 public:
  struct Parts {
    std::function<AlertSettings()> settings;
    std::function<Snapshot()> snapshot;
    std::function<Readiness()> readiness;
    std::function<Result<void>(AlertReported)> report;
    std::function<void(AlertResult)> count;
    std::function<TokenThrottle::Clock::time_point()> now = [] { return TokenThrottle::Clock::now(); };
  };
  explicit AlertApi(Parts parts) : parts_(std::move(parts)) {}

  net::HttpResponse alertmanager(const net::HttpRequest& request);

 private:
  std::optional<net::HttpResponse> refusal(const net::HttpRequest& request, const Secret& token);

  Parts parts_;
  TokenThrottle throttle_;
};

}  // namespace healer
