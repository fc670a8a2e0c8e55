#pragma once

#include <boost/asio/ssl/context.hpp>

#include "net/tls.hpp"

namespace healer::net {

/// The object behind a TlsPtr, for the files that open TLS connections.
class Tls {
 public:
  Tls() : context(boost::asio::ssl::context::tls_client) {}
  boost::asio::ssl::context context;
  bool verify_peer = true;
};

}  // namespace healer::net
