#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "net/authorities.hpp"
#include "net/http_message.hpp"
#include "net/mail_message.hpp"

namespace healer::net {

class Loop;

struct CurlRequest {
  std::string method = "POST";  ///< POST and PUT send the body; GET and others send none
  Secret url;                   ///< http or https; never appears in an error or an answer
  HttpHeaders headers;
  std::string body;
  Duration timeout{10'000};              ///< of the whole request, with look-up and connecting
  std::size_t answer_limit = 16 * 1024;  ///< bytes of the answer's body; the rest is cut off
  bool url_is_public = false;            ///< true: parts of the URL stay in the answer
  Authorities authorities = {};          ///< CurlClient::trusting(); null: those of the client
};

struct CurlAnswer {
  int status = 0;
  std::string body;                     ///< at most the request's limit, parts of its URL removed
  std::optional<Duration> retry_after;  ///< the Retry-After field, seconds or a date
};

/// Authorities that are trusted beside the system's; empty: none.
struct CurlTrust {
  std::string file;
  std::string folder;  ///< instead of the system's folder; the system's bundle stays
  /// SSL_CERT_FILE and SSL_CERT_DIR, as OpenSSL and the curl tool read them.
  static CurlTrust from_environment();
  /// Why the file cannot be used, so that only the system's authorities are trusted; empty: it can.
  std::string problem() const;
};

/// Requests to other machines, on the loop. libcurl gives what networks need: proxies by http_proxy,
/// https_proxy, all_proxy and no_proxy (never for a loopback host), checked certificates, look-ups off the
/// loop. Redirects are not followed (a moved webhook gives a status 3xx), other protocols are refused.
class CurlClient {
 public:
  /// InvalidInput: libcurl cannot be set up here.
  static Result<std::unique_ptr<CurlClient>> create(Loop& loop, const CurlTrust& trust = {});
  /// Ends every request without calling its callback.
  ~CurlClient();
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  /// The authorities that this client trusts, and those of this PEM text.
  Authorities trusting(const std::string& pem) const;

  /// `done` is called once, on the loop, never before send() returns. Every status is an answer. Errors:
  /// InvalidInput (the URL), Unreachable, Timeout, ConnectionLost, Protocol.
  void send(CurlRequest request, std::function<void(Result<CurlAnswer>)> done);

  /// As send(), by SMTP. Every reply of the server is an answer. Errors: InvalidInput (a host, address or
  /// login that cannot be sent), Unreachable (an untrusted certificate, no STARTTLS), Refused (the server
  /// offers no supported login), Timeout, ConnectionLost, Protocol.
  void send_mail(MailRequest request, std::function<void(Result<MailAnswer>)> done);

 private:
  class State;
  explicit CurlClient(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// InvalidInput for text that is not allowed in SMTP commands or the envelope.
Result<void> check_mail(const MailRequest& request);

/// InvalidInput with the reason when the text is no bare address of printable ASCII such as
/// "ops@example.org".
Result<void> check_mail_address(const std::string& address);

/// InvalidInput when the URL is no http or https URL with a host; the message does not contain the URL.
Result<void> check_url(const Secret& url);

/// The text without the URL, its user part, its path, and every part of path and query of at least six
/// characters. The host stays, because operators need it.
std::string without_url(std::string text, const Secret& url);

}  // namespace healer::net
