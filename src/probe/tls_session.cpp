#include "probe/tls_session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/text.hpp"
#include "probe/http_request.hpp"
#include "probe/opening.hpp"
#include "probe/socket_errors.hpp"

namespace healer {

namespace {

std::string last_reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  return text != nullptr ? text : "no reason given";
}

// As OpenSSL's socket BIO, but without write(2), which raises SIGPIPE when the peer has closed.
int write_without_signal(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent =
      ::send(static_cast<int>(BIO_get_fd(bio, nullptr)), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && BIO_sock_should_retry(-1) != 0) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

BIO_METHOD* make_socket_method() {
  const BIO_METHOD* base = BIO_s_socket();
  BIO_METHOD* method = BIO_meth_new(BIO_TYPE_SOCKET, "probe socket");
  if (method == nullptr) return nullptr;
  BIO_meth_set_write(method, write_without_signal);
  BIO_meth_set_read(method, BIO_meth_get_read(base));
  BIO_meth_set_puts(method, BIO_meth_get_puts(base));
  BIO_meth_set_ctrl(method, BIO_meth_get_ctrl(base));
  BIO_meth_set_create(method, BIO_meth_get_create(base));
  BIO_meth_set_destroy(method, BIO_meth_get_destroy(base));
  return method;
}

constexpr std::size_t record_head = 5;  // bytes

// Called for each message; a record's head comes before OpenSSL judges it.
void note_opening(int written, int, int type, const void* data, std::size_t size, SSL*, void* notes) {
  auto& opening = static_cast<TlsSession::Notes*>(notes)->opening;
  if (written == 0 && type == SSL3_RT_HEADER && opening.empty())
    opening.assign(static_cast<const char*>(data), std::min(size, record_head));
}

// Called when the server asks for a client certificate.
int note_demand(SSL* session, X509**, EVP_PKEY**) {
  static_cast<TlsSession::Notes*>(SSL_get_app_data(session))->certificate = ClientCertificate::AskedFor;
  return 0;  // there is none
}

// The alert that the peer sent, if that was the last failure.
std::optional<int> last_alert() {
  const unsigned long error = ERR_peek_last_error();
  const int number = ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET;
  if (ERR_GET_LIB(error) != ERR_LIB_SSL || number < 0 || number > 255) return std::nullopt;
  return number;
}

std::string explain_certificate(long verdict, bool named) {
  std::string text = X509_verify_cert_error_string(verdict);
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
    text += named ? ": the certificate names other hosts: set healer.host"
                  : ": the certificate needs a host name: set healer.host";
  return text;
}

bool is_name(const std::string& host) {
  return !host.empty() && host.find(':') == std::string::npos &&
         host.find_first_not_of("0123456789.") != std::string::npos;
}

}  // namespace

void TlsDeleter::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}
void TlsDeleter::operator()(SSL* session) const {
  SSL_free(session);
}
void TlsDeleter::operator()(BIO_METHOD* method) const {
  BIO_meth_free(method);
}

TlsSession::Step TlsSession::step_of(int result) {
  const int system_error = errno;
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Step::Again;
    case SSL_ERROR_ZERO_RETURN:
      return Step::Closed;
    case SSL_ERROR_SYSCALL:
      reason_ = system_error == 0 ? "connection closed" : text_of_errno(system_error);
      return Step::Closed;
    default:
      break;
  }
  reason_ = explain_failure();
  return Step::Failed;
}

std::string TlsSession::explain_failure() {
  const PeerProtocol seen = protocol();
  if (seen == PeerProtocol::Http) return "the port speaks plain HTTP: set healer.probe=http";
  if (seen == PeerProtocol::Other)
    return "the port does not speak TLS: it sent \"" + printable(notes_->opening) + "...\"";
  if (const auto alert = last_alert()) {
    wants_certificate_ = misses_certificate(*alert, notes_->certificate);
    return explain_alert(*alert, notes_->certificate, notes_->name);
  }
  const long verdict = SSL_get_verify_result(session_.get());
  const bool checked = (SSL_get_verify_mode(session_.get()) & SSL_VERIFY_PEER) != 0;
  return checked && verdict != X509_V_OK ? explain_certificate(verdict, !notes_->name.empty())
                                         : last_reason();
}

PeerProtocol TlsSession::protocol() const {
  // Some servers answer a request line that they cannot read with a page alone.
  if (notes_->opening.starts_with('<')) return PeerProtocol::Http;
  return protocol_of_opening(notes_->opening);
}

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(session_.get());
  return result == 1 ? Step::Done : step_of(result);
}

TlsSession::Moved TlsSession::write(const char* data, std::size_t size) {
  ERR_clear_error();
  errno = 0;
  Moved moved{Step::Done};
  const int result = SSL_write_ex(session_.get(), data, size, &moved.bytes);
  if (result != 1) moved.step = step_of(result);
  return moved;
}

TlsSession::Moved TlsSession::read(char* data, std::size_t size) {
  ERR_clear_error();
  errno = 0;
  Moved moved{Step::Done};
  const int result = SSL_read_ex(session_.get(), data, size, &moved.bytes);
  if (result != 1) moved.step = step_of(result);
  return moved;
}

bool TlsSession::speaks_http2() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_.get(), &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

void TlsSession::say_goodbye() {
  ERR_clear_error();
  if (SSL_is_init_finished(session_.get()) != 0) SSL_shutdown(session_.get());
  ERR_clear_error();
}

TlsSessions::TlsSessions() = default;
TlsSessions::~TlsSessions() = default;

Result<SSL_CTX*> TlsSessions::context(bool verify) {
  auto& made = verify ? checked_ : unchecked_;
  if (made) return made.get();
  ERR_clear_error();
  std::unique_ptr<SSL_CTX, TlsDeleter> fresh(SSL_CTX_new(TLS_client_method()));
  if (!fresh) return failure(ErrorCode::Busy, "TLS cannot be set up: " + last_reason());
  // A close without close_notify counts as the end of the answer, as without TLS.
  SSL_CTX_set_options(fresh.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(fresh.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(fresh.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_client_cert_cb(fresh.get(), note_demand);
  if (verify) {
    SSL_CTX_set_verify(fresh.get(), SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_set_default_verify_paths(fresh.get()) != 1)
      return failure(ErrorCode::InvalidInput, "the system's CA store cannot be read: " + last_reason());
  } else {
    // Nothing secret is sent, and nothing received is trusted. An old server that works must not be
    // unhealthy.
    SSL_CTX_set_verify(fresh.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_security_level(fresh.get(), 0);
    SSL_CTX_set_min_proto_version(fresh.get(), TLS1_VERSION);
  }
  made = std::move(fresh);
  return made.get();
}

Result<TlsSession> TlsSessions::open(int socket, const TlsPeer& peer) {
  const auto settings = context(peer.verify);
  if (!settings) return tl::unexpected<Error>(settings.error());
  if (!socket_method_) socket_method_.reset(make_socket_method());
  ERR_clear_error();
  std::unique_ptr<SSL, TlsDeleter> session(SSL_new(*settings));
  BIO* bio = socket_method_ ? BIO_new(socket_method_.get()) : nullptr;
  if (!session || bio == nullptr) {
    BIO_free(bio);
    return failure(ErrorCode::Busy, "TLS cannot be set up: " + last_reason());
  }
  BIO_set_fd(bio, socket, BIO_NOCLOSE);
  SSL_set_bio(session.get(), bio, bio);
  SSL_set_connect_state(session.get());
  constexpr unsigned char http2_only[] = {2, 'h', '2'};
  if (peer.http2) SSL_set_alpn_protos(session.get(), http2_only, sizeof http2_only);

  auto notes = std::make_unique<TlsSession::Notes>();
  SSL_set_app_data(session.get(), notes.get());
  SSL_set_msg_callback(session.get(), note_opening);
  SSL_set_msg_callback_arg(session.get(), notes.get());

  const std::string host{host_of(peer.host_header)};
  if (is_name(host)) {
    notes->name = host;
    SSL_set_tlsext_host_name(session.get(), host.c_str());
  }
  if (peer.verify) {
    const bool named = is_name(host)
                           ? SSL_set1_host(session.get(), host.c_str()) == 1
                           : X509_VERIFY_PARAM_set1_ip_asc(
                                 SSL_get0_param(session.get()),
                                 host.empty() ? std::string(peer.address).c_str() : host.c_str()) == 1;
    if (!named)
      return failure(ErrorCode::InvalidInput, "not a name a certificate can be checked for: " + host);
  }
  return TlsSession(std::move(session), std::move(notes));
}

}  // namespace healer
