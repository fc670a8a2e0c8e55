#pragma once

// Only for curl_client.cpp and curl_mail.cpp: the client's view of one transfer of libcurl.

#include <functional>
#include <memory>
#include <string>

#include <curl/curl.h>

#include "base/result.hpp"
#include "net/authorities.hpp"
#include "net/curl_client.hpp"

namespace healer::net {

inline constexpr std::size_t curl_head_limit = 64 * 1024;

struct CurlEasyClose {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct CurlListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// Which servers a transfer trusts.
struct TransferTrust {
  Authorities authorities;  ///< null: libcurl's own
  std::string folder;       ///< of authorities; empty: libcurl's own
};

/// One transfer under way. libcurl keeps pointers into it, so it must not move.
class CurlTransfer {
 public:
  virtual ~CurlTransfer() = default;
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  CURL* easy() const { return easy_.get(); }
  /// Sets the handle's options.
  virtual CURLcode set_up(const TransferTrust& trust) = 0;
  /// The call of the request's callback, to be made on the loop.
  virtual std::function<void()> finished(CURLcode code) = 0;
  /// As finished(), for a transfer that was never begun.
  virtual std::function<void()> refused(Error error) = 0;

 protected:
  CurlTransfer() : easy_(curl_easy_init()) {}

  /// Sets the options of every transfer to this URL: timeouts, trust, no signals, no proxy for a loopback
  /// host. `own`: the authorities of the request, null: those of the client.
  CURLcode set_common(const TransferTrust& trust, const Authorities& own, const std::string& url,
                      Duration timeout);
  void append(const std::string& line);
  curl_slist* list() const { return list_.get(); }
  /// The error's text: libcurl's detailed text if there is one, and the variable of the proxy in use.
  std::string error_text(CURLcode code) const;
  /// Call it before anything that the handle's callbacks use is destroyed.
  void close() { easy_.reset(); }

 private:
  std::unique_ptr<curl_slist, CurlListFree> list_;
  Authorities authorities_;     // libcurl keeps a pointer to the text
  std::string proxy_variable_;  // empty: no proxy
  char error_[CURL_ERROR_SIZE] = "";
  std::unique_ptr<CURL, CurlEasyClose> easy_;
};

/// libcurl's error text without the time that it measured ("after 3 ms"). Who compares two texts of one
/// problem, to log it once, must find them equal.
std::string without_measured_time(std::string text);

/// The error code of a failed transfer.
ErrorCode error_code_of(CURLcode code);

std::unique_ptr<CurlTransfer> make_mail_transfer(MailRequest request,
                                                 std::function<void(Result<MailAnswer>)> done);

}  // namespace healer::net
