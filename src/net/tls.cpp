#include "net/tls.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "net/tls_context.hpp"

namespace healer::net {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

tl::unexpected<Error> unusable(const std::string& what, const std::string& file, const error_code& error) {
  // OpenSSL's text for a missing file does not say that it is missing.
  errno = 0;
  if (!std::ifstream(file))
    return failure(ErrorCode::InvalidInput,
                   fmt::format("{} {}: cannot be read: {}", what, file, std::strerror(errno)));
  return failure(ErrorCode::InvalidInput,
                 fmt::format("{} {}: not usable as PEM: {}", what, file, error.message()));
}

}  // namespace

Result<TlsPtr> make_tls(const TlsFiles& files) {
  auto tls = std::make_shared<Tls>();
  tls->verify_peer = files.verify_peer;
  error_code error;
  tls->context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                               ssl::context::no_tlsv1_1 | ssl::context::no_sslv2 | ssl::context::no_sslv3,
                           error);
  if (files.ca_file) {
    tls->context.load_verify_file(*files.ca_file, error);
    if (error) return unusable("TLS CA certificate", *files.ca_file, error);
  } else if (files.verify_peer) {
    tls->context.set_default_verify_paths(error);
    if (error)
      return failure(ErrorCode::InvalidInput,
                     "TLS: the system's certificate authorities cannot be read: " + error.message());
  }
  if (files.certificate_file) {
    tls->context.use_certificate_chain_file(*files.certificate_file, error);
    if (error) return unusable("TLS client certificate", *files.certificate_file, error);
  }
  if (files.key_file) {
    tls->context.use_private_key_file(*files.key_file, ssl::context::pem, error);
    if (error) return unusable("TLS client key", *files.key_file, error);
  }
  tls->context.set_verify_mode(files.verify_peer ? ssl::verify_peer : ssl::verify_none, error);
  return tls;
}

}  // namespace healer::net
