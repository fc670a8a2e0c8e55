#include "notify/answer.hpp"

#include <string>
#include <utility>

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

}  // namespace

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
  sent.error = "HTTP " + std::to_string(answer->status);
  const std::string word = clip(printable(trim(answer->body)), answer_limit);
  if (!word.empty()) sent.error += ": " + word;
  return sent;
}

}  // namespace healer
