#include "engine/docker/settings.hpp"

#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.hpp"
#include "net/tls.hpp"

namespace healer::docker {
namespace {

constexpr std::uint16_t plain_port = 2375;  // the docker client's defaults
constexpr std::uint16_t tls_port = 2376;

std::string value_of(const Environment& environment, std::string_view name) {
  return environment(name).value_or("");
}

tl::unexpected<Error> wrong_host(const std::string& value, std::string_view why) {
  return failure(
      ErrorCode::InvalidInput,
      fmt::format("DOCKER_HOST=\"{}\": {}; accepted are unix:///path/to/socket and tcp://host:port",
                  clip(printable(value), 200), why));
}

/// host, host:port, [v6]:port.
Result<net::TcpEndpoint> parse_remote(const std::string& value, std::string_view authority,
                                      std::uint16_t default_port) {
  net::TcpEndpoint endpoint;
  endpoint.port = default_port;
  while (!authority.empty() && authority.back() == '/') authority.remove_suffix(1);
  if (authority.find('/') != std::string_view::npos) return wrong_host(value, "a path is not supported");
  if (authority.find('@') != std::string_view::npos) return wrong_host(value, "a user is not supported");
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return wrong_host(value, "a bracket is missing");
    endpoint.host = std::string(authority.substr(1, close - 1));
    port = authority.substr(close + 1);
  } else {
    const auto colon = authority.find(':');
    endpoint.host = std::string(authority.substr(0, colon));
    if (colon != std::string_view::npos) port = authority.substr(colon);
  }
  if (endpoint.host.empty()) return wrong_host(value, "the host is missing");
  if (!port.empty()) {
    const char* const end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data() + 1, end, endpoint.port);
    if (port.front() != ':' || error != std::errc() || stop != end || endpoint.port == 0)
      return wrong_host(value, "the port is not a number from 1 to 65535");
  }
  return endpoint;
}

Result<net::TlsPtr> read_tls(const Environment& environment) {
  std::string folder = value_of(environment, "DOCKER_CERT_PATH");
  const bool chosen = !folder.empty();
  if (!chosen) folder = value_of(environment, "DOCKER_CONFIG");
  if (folder.empty()) folder = value_of(environment, "HOME") + "/.docker";
  net::TlsFiles files;
  files.verify_peer = !value_of(environment, "DOCKER_TLS_VERIFY").empty();
  const auto use = [&](const char* name, std::optional<std::string>& file) {
    const std::string path = folder + "/" + name;
    std::error_code ignored;
    if (chosen || std::filesystem::exists(path, ignored)) file = path;
    // docker-autoheal's names of a client's certificate and key.
    const std::string other = folder + "/client-" + name;
    if (!std::filesystem::exists(path, ignored) && std::filesystem::exists(other, ignored)) file = other;
  };
  use("ca.pem", files.ca_file);
  use("cert.pem", files.certificate_file);
  use("key.pem", files.key_file);
  return net::make_tls(files);
}

bool wants_tls(const Environment& environment) {
  for (const char* name : {"DOCKER_TLS_VERIFY", "DOCKER_TLS", "DOCKER_CERT_PATH"})
    if (!value_of(environment, name).empty()) return true;
  return false;
}

}  // namespace

Result<DockerEngineSettings> settings_from(const Environment& environment) {
  DockerEngineSettings settings;
  const std::string host = value_of(environment, "DOCKER_HOST");
  const auto separator = host.find("://");
  const std::string scheme = host.substr(0, separator);
  if (!host.empty() && separator == std::string::npos) return wrong_host(host, "it has no scheme");
  const std::string rest = host.empty() ? "" : host.substr(separator + 3);
  if (scheme == "unix") {
    if (rest.empty() || rest.front() != '/') return wrong_host(host, "the socket's path is not absolute");
    settings.endpoint = net::UnixEndpoint{rest};
  } else if (scheme == "tcp") {
    const bool with_tls = wants_tls(environment);
    auto remote = parse_remote(host, rest, with_tls ? tls_port : plain_port);
    if (!remote) return tl::unexpected(remote.error());
    if (with_tls) {
      const auto tls = read_tls(environment);
      if (!tls) return tl::unexpected(tls.error());
      remote->tls = *tls;
    }
    settings.endpoint = *remote;
  } else if (scheme == "ssh") {
    return wrong_host(host,
                      "ssh is not supported (forward the socket: ssh -L /path/to/socket:/var/run/"
                      "docker.sock HOST)");
  } else if (!scheme.empty()) {
    return wrong_host(host, fmt::format("{} is not supported", clip(printable(scheme), 20)));
  }
  const std::string pinned = value_of(environment, "DOCKER_API_VERSION");
  if (!pinned.empty()) {
    settings.pinned_version =
        parse_api_version(std::string_view(pinned).substr(pinned.front() == 'v' ? 1 : 0));
    if (!settings.pinned_version)
      return failure(ErrorCode::InvalidInput,
                     fmt::format("DOCKER_API_VERSION=\"{}\": expected a version such as 1.44, or nothing, to "
                                 "take the newest that both sides speak",
                                 clip(printable(pinned), 60)));
  }
  return settings;
}

}  // namespace healer::docker
