#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace healer {

/// The fields of an alert of Alertmanager's webhook that healer needs.
struct AlertmanagerAlert {
  bool of_grafana = false;  ///< Grafana's own alerting sent it: there is no Alertmanager to ask about it
  std::string ask_at;       ///< base URL of the Alertmanager that sent it, if usable_external_url()
  bool firing = true;       ///< false: resolved
  std::string id;           ///< the alert's fingerprint, or a hash of its labels: at most 64 bytes
  std::map<std::string, std::string> labels;  ///< names and values as sent
  std::string text;                           ///< one line, redacted, at most 300 bytes; may be empty
  const std::string* label(const std::string& name) const;
};

/// Whether healer may ask this address about alerts: http or https, without user, query and fragment, and no
/// link-local, multicast or unspecified address, where a cloud's metadata service listens.
bool usable_external_url(std::string_view url);

/// Reads the body that Alertmanager posts to a webhook, version "4"
/// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config), or Grafana's alerting in the
/// same form. InvalidInput names the field, its value and what is accepted; no input crashes. At most 10,000
/// alerts, 128 labels each, 32 levels deep.
Result<std::vector<AlertmanagerAlert>> read_alertmanager(std::string_view body);

}  // namespace healer
