#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;
typedef struct bio_method_st BIO_METHOD;

namespace healer {

struct TlsDeleter {
  void operator()(SSL_CTX* context) const;
  void operator()(SSL* session) const;
  void operator()(BIO_METHOD* method) const;
};

/// One TLS connection over a non-blocking socket, which it does not own. Each call either finishes, or says
/// that it must be called again when the socket is readable or writable.
class TlsSession {
 public:
  enum class Step { Done, Again, Closed, Failed };
  struct Moved {
    Step step;
    std::size_t bytes = 0;  ///< when Done
  };

  explicit TlsSession(std::unique_ptr<SSL, TlsDeleter> session) : session_(std::move(session)) {}

  /// Failed: reason() says why in OpenSSL's words. Closed: the peer closed or reset the connection.
  Step handshake();
  /// May take a part. After Again the next call must begin with the same bytes.
  Moved write(const char* data, std::size_t size);
  Moved read(char* data, std::size_t size);
  /// Tells the peer that we are done, as far as that goes without waiting.
  void say_goodbye();

  /// Whether the peer agreed to speak HTTP/2 (ALPN), once the handshake is done.
  bool speaks_http2() const;

  const std::string& reason() const { return reason_; }

 private:
  Step step_of(int result);

  std::unique_ptr<SSL, TlsDeleter> session_;
  std::string reason_;
};

/// Who is expected behind a TLS connection.
struct TlsPeer {
  std::string_view host_header;  ///< its name, with or without a port; empty: only the address is known
  std::string_view address;
  bool verify = false;
  bool http2 = false;  ///< offer HTTP/2 and nothing else
};

/// The settings that all sessions share, one set for checked and one for unchecked certificates; made when
/// first needed, so that a host without https targets never reads the CA store.
class TlsSessions {
 public:
  TlsSessions();
  ~TlsSessions();

  /// A client's session on this connected (or connecting) socket. With `verify` the certificate must lead
  /// to the system's CA store and name the host of host_header, else the address. Busy on failure to
  /// allocate.
  Result<TlsSession> open(int socket, const TlsPeer& peer);

 private:
  Result<SSL_CTX*> context(bool verify);

  std::unique_ptr<SSL_CTX, TlsDeleter> checked_;
  std::unique_ptr<SSL_CTX, TlsDeleter> unchecked_;
  std::unique_ptr<BIO_METHOD, TlsDeleter> socket_method_;
};

}  // namespace healer
