#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "engine/docker/json_engine.hpp"
#include "net/http_client.hpp"

namespace healer::docker {

/// The engine's endpoint and the limits of calls. The numbers are fixed limits, not settings of the user.
struct DockerEngineSettings {
  net::HttpEndpoint endpoint = net::UnixEndpoint{"/var/run/docker.sock"};
  std::optional<ApiVersion> pinned_version;  ///< DOCKER_API_VERSION; empty: negotiated

  Duration call_deadline{10'000};     ///< of the calls of connect and inspect, and until a stream begins
  Duration list_deadline{60'000};     ///< of the whole list
  Duration longest_queueing{60'000};  ///< how long an inspect may wait before it is sent
  Duration undo_limit{30'000};        ///< for undoing a failed recreation, from the failure on
  std::size_t inspects_at_once = 16;
  std::size_t answer_cap = 4 * 1024 * 1024;  ///< bytes of one inspect or one list element
  std::size_t list_cap = 256 * 1024 * 1024;  ///< bytes of the whole list, which is never held in memory
  std::size_t event_cap = 256 * 1024;        ///< bytes of one event
  Duration first_exec_watch{1'000};     ///< before the first check of an exec that outlived its deadline ...
  Duration longest_exec_watch{30'000};  ///< ... and longest time between two such checks
};

/// Looks up an environment variable; empty if it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// Reads the variables of the docker client: DOCKER_HOST (unix:///path, tcp://host[:port]; default
/// unix:///var/run/docker.sock); for tcp DOCKER_TLS_VERIFY (not empty: TLS, with verification), DOCKER_TLS or
/// DOCKER_CERT_PATH alone (TLS without verification); ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH
/// (default DOCKER_CONFIG, else ~/.docker, where files may be missing); DOCKER_API_VERSION.
/// The error InvalidInput names the variable, its value and the values accepted.
Result<DockerEngineSettings> settings_from(const Environment& environment);

}  // namespace healer::docker
