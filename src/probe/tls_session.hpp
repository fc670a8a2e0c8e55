#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/probe.hpp"
#include "probe/tls_alert.hpp"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;
typedef struct bio_method_st BIO_METHOD;

namespace healer {

struct TlsDeleter {
  void operator()(SSL_CTX* context) const;
  void operator()(SSL* session) const;
  void operator()(BIO_METHOD* method) const;
};

/// One TLS connection over a non-blocking socket, which it does not own. Each call either finishes, or
/// returns Again: call it again when the socket is readable or writable.
class TlsSession {
 public:
  enum class Step { Done, Again, Closed, Failed };
  struct Moved {
    Step step;
    std::size_t bytes = 0;  ///< when Done
  };

  /// What OpenSSL's callbacks note of the peer; in one place while the session moves.
  struct Notes {
    std::string opening;  ///< the first bytes, at most those of a record's head
    ClientCertificate certificate = ClientCertificate::NotAskedFor;
    std::string name;  ///< sent to the server (SNI); empty: none
  };

  TlsSession(std::unique_ptr<SSL, TlsDeleter> session, std::unique_ptr<Notes> notes)
      : notes_(std::move(notes)), session_(std::move(session)) {}

  /// Failed: reason() says why, in words for operators. Closed: the peer closed or reset the connection.
  Step handshake();
  /// May write only a part. After Again the next call must begin with the same bytes.
  Moved write(const char* data, std::size_t size);
  Moved read(char* data, std::size_t size);
  /// Sends close_notify to the peer, if that is possible without waiting.
  void say_goodbye();

  /// Whether the peer agreed to HTTP/2 by ALPN; valid once the handshake is done.
  bool speaks_http2() const;

  const std::string& reason() const { return reason_; }
  /// After Failed: the server demands a client certificate.
  bool wants_certificate() const { return wants_certificate_; }
  /// What the first bytes showed: Tls, or another protocol when no TLS came.
  PeerProtocol protocol() const;

 private:
  Step step_of(int result);
  std::string explain_failure();

  std::unique_ptr<Notes> notes_;
  std::unique_ptr<SSL, TlsDeleter> session_;
  std::string reason_;
  bool wants_certificate_ = false;
};

/// The expected peer of a TLS connection.
struct TlsPeer {
  std::string_view
      host_header;  ///< the peer's name, with or without a port; empty: only the address is known
  std::string_view address;
  bool verify = false;
  bool http2 = false;  ///< offer only HTTP/2
};

/// The settings that all sessions share: one set for checked, one for unchecked certificates. Each is made at
/// its first use, so that a host without https targets never reads the CA store.
class TlsSessions {
 public:
  TlsSessions();
  ~TlsSessions();

  /// A client's session on this connected (or connecting) socket. With `verify`, the certificate must be
  /// trusted by the system's CA store, and name the host of host_header, or the address if that is empty.
  /// Busy when memory cannot be allocated.
  Result<TlsSession> open(int socket, const TlsPeer& peer);

 private:
  Result<SSL_CTX*> context(bool verify);

  std::unique_ptr<SSL_CTX, TlsDeleter> checked_;
  std::unique_ptr<SSL_CTX, TlsDeleter> unchecked_;
  std::unique_ptr<BIO_METHOD, TlsDeleter> socket_method_;
};

}  // namespace healer
