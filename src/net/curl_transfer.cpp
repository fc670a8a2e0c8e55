#include "net/curl_transfer.hpp"

#include <string_view>

#include "base/version.hpp"
#include "net/proxies.hpp"

namespace healer::net {

CURLcode CurlTransfer::set_common(const TransferTrust& trust, const Authorities& own, const std::string& url,
                                  Duration timeout) {
  CURLcode code = CURLE_OK;
  const auto set = [&](CURLoption option, auto value) {
    if (code == CURLE_OK) code = curl_easy_setopt(easy(), option, value);
  };
  set(CURLOPT_NOSIGNAL, 1L);
  // Without this, ending a request waits for a hanging look-up, which would block the loop.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
  authorities_ = own ? own : trust.authorities;
  if (authorities_) {
    // The text, not a file: libcurl compares texts before it uses a connection again, so a request never gets
    // one that was opened with other authorities.
    curl_blob text{const_cast<char*>(authorities_->data()), authorities_->size(), CURL_BLOB_NOCOPY};
    set(CURLOPT_CAINFO_BLOB, &text);
  }
  if (!trust.folder.empty()) set(CURLOPT_CAPATH, trust.folder.c_str());
  const UrlPlace place = url_place(url);
  if (host_place(place.host) == HostPlace::Loopback) set(CURLOPT_PROXY, "");
  proxy_variable_ = proxy_variable(place.scheme, place.host, own_variable);
  set(CURLOPT_ERRORBUFFER, error_);
  return code;
}

void CurlTransfer::append(const std::string& line) {
  curl_slist* longer = curl_slist_append(list_.get(), line.c_str());
  if (!longer) return;
  (void)list_.release();
  list_.reset(longer);
}

std::string CurlTransfer::error_text(CURLcode code) const {
  std::string text = error_[0] != '\0' ? without_measured_time(error_) : curl_easy_strerror(code);
  if (!proxy_variable_.empty()) text += " (through the proxy of " + proxy_variable_ + ")";
  return text;
}

std::string without_measured_time(std::string text) {
  constexpr std::string_view before = " after ";
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
    std::size_t end = at + before.size();
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end == at + before.size()) continue;
    for (const std::string_view unit : {" ms", " milliseconds", " msec"}) {
      const std::size_t after = end + unit.size();
      if (text.compare(end, unit.size(), unit) != 0) continue;
      if (after < text.size() && text[after] >= 'a' && text[after] <= 'z') continue;
      text.erase(at, after - at);
      break;
    }
  }
  return text;
}

ErrorCode error_code_of(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return ErrorCode::InvalidInput;
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::Timeout;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED:
      return ErrorCode::Unreachable;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // the answer is not HTTP/1
    case CURLE_WRITE_ERROR:           // the head is larger than its limit
      return ErrorCode::Protocol;
    default:
      return ErrorCode::ConnectionLost;
  }
}

}  // namespace healer::net
