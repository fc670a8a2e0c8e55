#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "integration/engine_scene.hpp"
#include "support/process.hpp"

namespace healer::testing {

/// A port of the loopback on which nothing listens now.
std::uint16_t free_port();

/// The text of a file of deploy/ with each first text replaced by the second; throws when a first text is
/// missing.
std::string deployed(const std::string& file,
                     const std::vector<std::pair<std::string, std::string>>& changes);

/// The real Alertmanager with this configuration; ends with the object.
class AlertmanagerProcess {
 public:
  AlertmanagerProcess(const EngineScene& scene, const std::string& configuration);
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

/// The real Prometheus: scrapes one target every second, with a label that names its compose service.
class PrometheusProcess {
 public:
  struct Settings {
    std::uint16_t target = 0;        ///< on the loopback
    std::string compose_service;     ///< the label's value
    std::string rules;               ///< the text of a rules file; empty: no rules
    std::uint16_t alertmanager = 0;  ///< port; 0: no Alertmanager
  };
  PrometheusProcess(const EngineScene& scene, const Settings& settings);
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void kill();

 private:
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace healer::testing
