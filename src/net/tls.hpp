#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace healer::net {

struct TlsFiles {
  bool verify_peer = true;                      ///< chain and host name
  std::optional<std::string> ca_file;           ///< PEM; empty: the system's authorities
  std::optional<std::string> certificate_file;  ///< PEM, of the client, with `key_file`
  std::optional<std::string> key_file;
};

/// TLS settings, read and checked once, shared by many connections.
class Tls;
using TlsPtr = std::shared_ptr<Tls>;

/// InvalidInput names the file that cannot be read or used.
Result<TlsPtr> make_tls(const TlsFiles& files);

}  // namespace healer::net
