#include "app/prometheus_rules.hpp"

#include <utility>

#include "signal/target.hpp"

namespace healer {

std::vector<std::string> signal_labels(const DaemonSettings& settings) {
  return settings.signal_labels.empty() ? default_signal_labels() : settings.signal_labels;
}

std::unique_ptr<PrometheusRules> make_prometheus_rules(PrometheusParts parts) {
  PrometheusRules::Parts of{
      parts.loop,
      parts.curl,
      [parts] { return parts.host.now(); },
      [parts] { return parts.runtime.connected() && parts.runtime.ready(); },
      [parts] { return parts.runtime.supervisor().status(parts.host.now()); },
      [parts] { return signal_labels(parts.settings); },
      [parts] { return parts.settings.signal_targets; },
      [parts](SignalReported signal) { return parts.runtime.signal(std::move(signal)); },
      [parts](bool watched) {
        parts.metrics.count_signal("prometheus", watched ? SignalResult::Accepted : SignalResult::Unknown);
      },
      [parts](LogLevel level, std::string message) { parts.log.write(level, std::move(message)); }};
  auto rules = std::make_unique<PrometheusRules>(std::move(of));
  rules->set(parts.settings.prometheus);
  return rules;
}

}  // namespace healer
