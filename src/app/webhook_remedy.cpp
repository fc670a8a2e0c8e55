#include "app/webhook_remedy.hpp"

#include <utility>

#include <fmt/format.h>

namespace healer {

void post_webhook(net::CurlClient& curl, WebhookCall call, std::function<void(Result<void>)> done) {
  net::CurlRequest request;
  request.url = std::move(call.url);
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(call.body);
  request.timeout = call.deadline;
  curl.send(std::move(request), [done = std::move(done)](Result<net::CurlAnswer> answer) {
    if (!answer) return done(tl::unexpected(std::move(answer.error())));
    if (answer->status >= 200 && answer->status <= 299) return done({});
    done(failure(ErrorCode::Refused, fmt::format("the webhook answered HTTP {}", answer->status)));
  });
}

}  // namespace healer
