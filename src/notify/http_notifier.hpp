#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "net/curl_client.hpp"
#include "notify/answer.hpp"
#include "notify/notifier.hpp"
#include "notify/setting_advice.hpp"

namespace healer {

/// The process's parts of a channel that uses HTTP.
struct HttpChannel {
  net::CurlClient& client;  ///< outlives the notifier
  /// Calls the work soon, never before post() returns.
  std::function<void(std::function<void()>)> post;
  std::string name;
  Duration timeout = 10s;  ///< of one try
  Duration gap = 1s;       ///< between two messages
  SettingNames setting_names = {};
  net::Authorities authorities = {};  ///< null: those of the client
};

/// How to send to one service. A service is this value, and the pure functions that make its bodies.
struct HttpService {
  Secret url;                   ///< checked when made: http or https, with a host; removed from every error
  std::vector<Secret> secrets;  ///< checked when made: valid in a header; removed from every error
  /// The requests for a notification, sent one after the other; it is delivered when all are. If there are
  /// none, nothing is sent and the notification counts as delivered.
  std::function<std::vector<net::CurlRequest>(const Notification&)> requests;
  /// The result of an answer.
  std::function<Sent(Result<net::CurlAnswer>)> meaning = sent_of;
  /// The settings that a refusal is about.
  BlamedSettings blamed = blames("url");
};

/// InvalidInput for a URL or a secret that cannot be sent; the message contains neither.
Result<std::unique_ptr<Notifier>> make_http_notifier(HttpChannel channel, HttpService service);

/// The text with every secret of at least four bytes replaced.
std::string without_secrets(std::string text, const std::vector<Secret>& secrets);

/// POST of a JSON body.
net::CurlRequest json_request(Secret url, std::string body);

/// Adds a header field for authentication: "Authorization", "Bearer abc".
void add_header(net::CurlRequest& request, std::string name, std::string value);

/// The base without slashes at its end, followed by the path.
Secret joined_url(const std::string& base, const std::string& path);

}  // namespace healer
