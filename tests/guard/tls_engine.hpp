#pragma once

#include <string>

#include <sys/types.h>

#include "guard/guard_scene.hpp"

namespace healer::guard::testing {

/// A Docker Engine of the test's own that serves TLS at 127.0.0.1 and asks healer-guard as its authorization
/// plugin. The test's process must be in a network of its own, see own_network().
class TlsEngine {
 public:
  TlsEngine();
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  /// Takes this process, and what it starts, to a network that leads nowhere. Before the first thread.
  static void own_network();

  /// Over TLS with the certificate of this common name: "healer" or "operator".
  Answered over_tls(const std::string& bytes, const std::string& name) const;

  std::string socket() const { return folder_ + "/s.sock"; }
  /// Of ca.pem, and of cert.pem and key.pem in a folder for each common name.
  const std::string& folder() const { return folder_; }
  std::string plugin_socket() const { return "/run/docker/plugins/" + plugin_ + ".sock"; }
  /// Lines of the guard's file.
  std::string plugin_lines() const {
    return "authz_user=healer\nengine_gid=0\nauthz_socket=" + plugin_socket() + "\n";
  }
  static constexpr int port = 12376;

 private:
  std::string folder_ = "/tmp/healer-tls-XXXXXX";
  std::string plugin_;
  pid_t engine_ = -1;
};

}  // namespace healer::guard::testing
