#pragma once

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

/// The labels that name a container: as configured, else the usual ones.
std::vector<std::string> alert_labels(const DaemonSettings& settings);

/// What healer's own rules stand on; all of it outlives them.
struct PrometheusParts {
  net::Loop& loop;
  net::CurlClient& curl;
  Host& host;
  Runtime& runtime;
  Metrics& metrics;
  Log& log;
  const DaemonSettings& settings;  ///< those in effect, also after a reload
};

/// The rules of the settings, evaluated once the first look at all containers is done.
std::unique_ptr<PrometheusRules> make_prometheus_rules(PrometheusParts parts);

}  // namespace healer
