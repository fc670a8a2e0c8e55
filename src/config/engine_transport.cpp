#include "config/engine_transport.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/setting_reader.hpp"
#include "config/url.hpp"

namespace healer {
namespace {

bool is_here(const std::string& host) {
  return host == "localhost" || host == "::1" || (is_numeric_v4(host) && host.starts_with("127."));
}

}  // namespace

std::vector<std::string> engine_transport_warnings(const DockerConnection& docker,
                                                   const Environment& environment) {
  if (!docker.host.starts_with("tcp://")) return {};
  const auto url = read_url(docker.host);
  if (!url || docker.tls_verify) return {};
  const bool tls = !docker.cert_path.empty() || find_variable(environment, "DOCKER_TLS") != nullptr ||
                   find_variable(environment, "DOCKER_CERT_PATH") != nullptr;
  if (tls)
    return {
        fmt::format("the engine at {} is reached by TLS that does not check its certificate, so anybody on "
                    "the way can take its "
                    "place, and an engine is root on its host: set DOCKER_TLS_VERIFY=1",
                    host_and_port(url->host, url->port.value_or(2376)))};
  if (is_here(url->host)) return {};
  return {
      fmt::format("the engine at {} is reached without TLS: anybody on the way can read and change what "
                  "healer and the engine say, "
                  "and an engine is root on its host; use TLS (DOCKER_TLS_VERIFY=1), or let a socket proxy "
                  "on a private network "
                  "allow no more than healer needs",
                  host_and_port(url->host, url->port.value_or(2375)))};
}

}  // namespace healer
