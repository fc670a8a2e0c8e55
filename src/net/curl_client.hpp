#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "net/http_message.hpp"
#include "net/mail_message.hpp"

namespace healer::net {

class Loop;

struct CurlRequest {
  std::string method = "POST";  ///< POST or PUT send the body; GET and others none
  Secret url;                   ///< http or https; never appears in an error or an answer
  HttpHeaders headers;
  std::string body;
  Duration timeout{10'000};              ///< of the whole request, look-up and connecting included
  std::size_t answer_limit = 16 * 1024;  ///< bytes of the answer's body; what goes beyond is cut off
  bool url_is_public = false;            ///< the answer is left as it is, though parts of the URL be in it
};

struct CurlAnswer {
  int status = 0;
  std::string body;                     ///< at most the request's limit, parts of its URL removed
  std::optional<Duration> retry_after;  ///< the Retry-After field, seconds or a date
};

/// Where the certificates that are trusted come from; empty: the system's own place.
struct CurlTrust {
  std::string file;
  std::string folder;
  /// SSL_CERT_FILE and SSL_CERT_DIR, as OpenSSL and the curl tool read them.
  static CurlTrust from_environment();
};

/// Requests that leave the machine, on the loop. What users' networks need is libcurl's own: proxies by
/// http_proxy, https_proxy, all_proxy and no_proxy, certificates checked, look-ups off the loop. Redirects
/// are not followed (a webhook that moved is a status 3xx), other protocols are refused.
class CurlClient {
 public:
  /// InvalidInput: libcurl cannot be set up here.
  static Result<std::unique_ptr<CurlClient>> create(Loop& loop, CurlTrust trust = {});
  /// Ends every request; their callbacks are not called.
  ~CurlClient();
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  /// `done` is called once, on the loop, never from inside. Every status is an answer. Errors: InvalidInput
  /// (the URL), Unreachable, Timeout, ConnectionLost, Protocol.
  void send(CurlRequest request, std::function<void(Result<CurlAnswer>)> done);

  /// The same by SMTP. Every reply of the server is an answer. Errors: InvalidInput (a host, address or login
  /// that cannot be sent), Unreachable (a certificate that is not trusted, no STARTTLS), Refused (the server
  /// offers no login that is known here), Timeout, ConnectionLost, Protocol.
  void send_mail(MailRequest request, std::function<void(Result<MailAnswer>)> done);

 private:
  class State;
  explicit CurlClient(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// InvalidInput for what may not stand in the dialogue or the envelope.
Result<void> check_mail(const MailRequest& request);

/// InvalidInput, with what is wrong, when it is no bare address of printable ASCII: "ops@example.org".
Result<void> check_mail_address(const std::string& address);

/// InvalidInput, without the URL, when it is no http or https URL with a host.
Result<void> check_url(const Secret& url);

/// The text without anything that gives the URL away: itself, its user part, its path, and every part of
/// path and query of at least six characters. The host stays: operators need it.
std::string without_url(std::string text, const Secret& url);

}  // namespace healer::net
