#pragma once

#include <functional>

#include "base/result.hpp"
#include "net/curl_client.hpp"
#include "runtime/runtime.hpp"

namespace healer {

/// Sends the request of a webhook remedy, as Runtime::Post.
void post_webhook(net::CurlClient& curl, WebhookCall call, std::function<void(Result<void>)> done);

}  // namespace healer
