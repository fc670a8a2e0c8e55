#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "api/snapshot.hpp"
#include "base/secret.hpp"
#include "model/alert_mapping.hpp"
#include "model/event.hpp"
#include "net/http_server.hpp"

namespace healer {

/// How alerts are taken in.
struct AlertSettings {
  Secret token;                             ///< empty: the receiver is off
  std::vector<std::string> labels;          ///< that name a container, in this order; alert/target.hpp
  std::vector<AlertMapping> mappings = {};  ///< looked at before the labels
  bool act = true;  ///< false: notified only, unless the alert's own label healer_action says otherwise
};

/// What became of an alert, or of a request that brought none.
enum class AlertResult { Accepted, Unknown, Ambiguous, BadToken, Malformed };

const char* to_string(AlertResult result);

/// POST /api/v1/alertmanager: the receiver for Alertmanager's webhook.
///
///   no token is configured    404, with the setting's name
///   another token             401, counted
///   healer is not ready       503: Alertmanager tries again
///   a body that is none       400, nothing changed
///   otherwise                 200, and for each alert what became of it; one about an unknown container is
///   no
///                             error of the request, or it would come again for ever
///
/// The token comes as `Authorization: Bearer TOKEN`, never in the URL, which is logged on its way.
class AlertApi {
 public:
  struct Parts {
    std::function<AlertSettings()> settings;
    std::function<Snapshot()> snapshot;
    std::function<Readiness()> readiness;
    std::function<Result<void>(AlertReported)> report;
    std::function<void(AlertResult)> count;
  };
  explicit AlertApi(Parts parts) : parts_(std::move(parts)) {}

  net::HttpResponse alertmanager(const net::HttpRequest& request) const;

 private:
  Parts parts_;
};

}  // namespace healer
