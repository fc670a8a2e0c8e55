#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "alert/prometheus_rules.hpp"
#include "api/metrics.hpp"
#include "app/log.hpp"
#include "config/daemon_settings.hpp"
#include "runtime/host.hpp"
#include "runtime/runtime.hpp"

namespace healer {

/// The labels that name a container: as configured, else the defaults.
std::vector<std::string> alert_labels(const DaemonSettings& settings);

/// The parts of healer's own rules; all outlive the rules.
struct PrometheusParts {
  net::Loop& loop;
  net::CurlClient& curl;
  Host& host;
  Runtime& runtime;
  Metrics& metrics;
  Log& log;
  const DaemonSettings& settings;  ///< the settings in effect, also after a reload
  std::function<AlertPlaces()> places;
};

/// The rules of the settings, evaluated only after all containers were inspected for the first time.
std::unique_ptr<PrometheusRules> make_prometheus_rules(PrometheusParts parts);

}  // namespace healer
