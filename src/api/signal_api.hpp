#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "api/snapshot.hpp"
#include "base/secret.hpp"
#include "model/event.hpp"
#include "model/signal_mapping.hpp"
#include "net/http_server.hpp"

namespace healer {

/// How signals are taken in.
struct SignalSettings {
  Secret token;                              ///< empty: the receiver is off
  std::vector<std::string> labels;           ///< that name a container, in this order; signal/target.hpp
  std::vector<SignalMapping> mappings = {};  ///< looked at before the labels
  bool act = true;  ///< false: told only, unless the alert's own label healer_action says otherwise
};

/// What became of a signal, or of a request that brought none.
enum class SignalResult { Accepted, Unknown, Ambiguous, BadToken, Malformed };

const char* to_string(SignalResult result);

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
class SignalApi {
 public:
  struct Parts {
    std::function<SignalSettings()> settings;
    std::function<Snapshot()> snapshot;
    std::function<Readiness()> readiness;
    std::function<Result<void>(SignalReported)> report;
    std::function<void(SignalResult)> count;
  };
  explicit SignalApi(Parts parts) : parts_(std::move(parts)) {}

  net::HttpResponse alertmanager(const net::HttpRequest& request) const;

 private:
  Parts parts_;
};

}  // namespace healer
