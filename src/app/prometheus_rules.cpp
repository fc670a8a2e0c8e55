#include "app/prometheus_rules.hpp"

#include <utility>

#include "alert/target.hpp"
#include "present/status.hpp"

namespace healer {

std::vector<std::string> alert_labels(const DaemonSettings& settings) {
  return settings.alerts.labels.empty() ? default_alert_labels() : settings.alerts.labels;
}

std::unique_ptr<PrometheusRules> make_prometheus_rules(PrometheusParts parts) {
  PrometheusRules::Parts of{
      parts.loop,
      parts.curl,
      [parts] { return parts.host.now(); },
      [parts] { return parts.runtime.connected() && parts.runtime.ready(); },
      [parts] { return present::status(parts.runtime.supervisor(), parts.host.now()); },
      [parts] { return alert_labels(parts.settings); },
      [parts] { return parts.settings.alerts.targets; },
      [parts](AlertReported alert) { return parts.runtime.alert(std::move(alert)); },
      [parts](bool watched) {
        parts.metrics.count_alert("prometheus", watched ? AlertResult::Accepted : AlertResult::Unknown);
      },
      [parts](LogLevel level, std::string message) { parts.log.write(level, std::move(message)); },
      parts.places};
  auto rules = std::make_unique<PrometheusRules>(std::move(of));
  rules->set(parts.settings.prometheus);
  return rules;
}

}  // namespace healer
