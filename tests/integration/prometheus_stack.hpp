#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "integration/scene.hpp"
#include "support/process.hpp"

namespace healer::testing {

/// A port of the loopback that nothing listens on now.
std::uint16_t free_port();

/// The text of a file of deploy/, with each first text replaced by the second; throws when one is not there.
std::string deployed(const std::string& file,
                     const std::vector<std::pair<std::string, std::string>>& changes);

/// The real Alertmanager, with this configuration, until it goes.
class AlertmanagerProcess {
 public:
  AlertmanagerProcess(const Scene& scene, const std::string& configuration);
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

/// The real Prometheus: looks at one target every second, under a label that names its compose service.
class PrometheusProcess {
 public:
  struct Settings {
    std::uint16_t target = 0;        ///< a port of the loopback
    std::string compose_service;     ///< the target's label
    std::string rules;               ///< a rules file's text; empty: none
    std::uint16_t alertmanager = 0;  ///< 0: none
  };
  PrometheusProcess(const Scene& scene, const Settings& settings);
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void kill();

 private:
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace healer::testing
