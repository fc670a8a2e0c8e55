#pragma once

#include "base/result.hpp"
#include "net/curl_client.hpp"
#include "notify/notifier.hpp"

namespace healer {

/// What a webhook's answer means. 2xx is delivered; 408, 425, 429, 5xx, 407, temporary redirects and every
/// failure on the way are tried again; all others are refused, with the start of the service's own word.
/// A 429's wish is its Retry-After field, or the "retry_after" of a JSON body.
Sent sent_of(Result<net::CurlAnswer> answer);

}  // namespace healer
