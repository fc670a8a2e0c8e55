#include "notify/answer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <boost/json.hpp>

#include "base/redact.hpp"
#include "base/text.hpp"

namespace healer {
namespace {

constexpr std::size_t answer_limit = 200;

bool passing(int status) {
  switch (status) {
    case 302:  // a captive portal, a proxy's own page
    case 303:
    case 307:
    case 407:
    case 408:
    case 425:
    case 429:
      return true;
    default:
      return status >= 500;
  }
}

// The retry time in seconds that some services put into the body: Discord {"retry_after": 0.35}, Telegram
// {"parameters": {"retry_after": 30}}.
std::optional<Duration> wish_in(const std::string& body) {
  boost::json::error_code error;
  const boost::json::value answer = boost::json::parse(body, error);
  if (error || !answer.is_object()) return std::nullopt;
  const boost::json::value* wish = answer.get_object().if_contains("retry_after");
  const boost::json::value* parameters = answer.get_object().if_contains("parameters");
  if (!wish && parameters && parameters->is_object())
    wish = parameters->get_object().if_contains("retry_after");
  if (!wish || !wish->is_number()) return std::nullopt;
  const double seconds = wish->to_number<double>(error);
  constexpr double longest = 366.0 * 24 * 3600;
  if (error || !std::isfinite(seconds) || seconds <= 0) return std::nullopt;
  return std::chrono::ceil<Duration>(std::chrono::duration<double>(std::min(seconds, longest)));
}

/// Shorter parts of a URL ("services", "v2") are words, not secrets.
constexpr std::size_t shortest_part = 12;

}  // namespace

std::vector<std::string> secret_texts(const Secret& url, const std::vector<Secret>& further) {
  std::vector<std::string> texts;
  for (const Secret& secret : further)
    if (!secret.empty()) texts.push_back(secret.reveal());
  const std::string& whole = url.reveal();
  texts.push_back(whole);
  const auto mark = whole.find("://");
  const auto host = mark == std::string::npos ? 0 : mark + 3;
  const auto path = std::min(whole.find_first_of("/?#", host), whole.size());
  if (const auto at = whole.rfind('@', path); at != std::string::npos && at >= host)
    for (const std::string& part : split(whole.substr(host, at - host), ':')) texts.push_back(part);
  const std::string rest = whole.substr(path);
  texts.push_back(rest);
  std::string part;
  for (const char c : rest + "/") {
    if (std::string("/?#&=").find(c) == std::string::npos) {
      part += c;
      continue;
    }
    if (part.size() >= shortest_part) texts.push_back(part);
    part.clear();
  }
  return texts;
}

Result<net::CurlAnswer> redacted(Result<net::CurlAnswer> answer, const std::vector<std::string>& secrets) {
  std::string& text = answer ? answer->body : answer.error().message;
  text = redact(text, secrets);
  return answer;
}

Sent sent_of(Result<net::CurlAnswer> answer) {
  Sent sent;
  if (!answer) {
    sent.result =
        answer.error().code == ErrorCode::InvalidInput ? Sent::Result::Refused : Sent::Result::TryAgain;
    sent.error = answer.error().message;
    return sent;
  }
  if (answer->status >= 200 && answer->status < 300) return sent;
  sent.result = passing(answer->status) ? Sent::Result::TryAgain : Sent::Result::Refused;
  sent.retry_after = answer->retry_after;
  if (!sent.retry_after && answer->status == 429) sent.retry_after = wish_in(answer->body);
  sent.error = "HTTP " + std::to_string(answer->status);
  const std::string word = clip(printable(trim(answer->body)), answer_limit);
  if (!word.empty()) sent.error += ": " + word;
  return sent;
}

}  // namespace healer
