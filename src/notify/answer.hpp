#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "net/curl_client.hpp"
#include "notify/notifier.hpp"

namespace healer {

/// What a webhook's answer means. 2xx is delivered; 408, 425, 429, 5xx, 407, temporary redirects and every
/// failure on the way are tried again; all others are refused, with the start of the service's own word.
/// A 429's wish is its Retry-After field, or the "retry_after" of a JSON body.
Sent sent_of(Result<net::CurlAnswer> answer);

/// What of a request must not be shown, should the service repeat it: the URL, its user, its path and query,
/// their parts of at least 12 bytes, and the further secrets.
std::vector<std::string> secret_texts(const Secret& url, const std::vector<Secret>& further = {});

/// The answer without these texts, and without what has the form of a secret (base/redact.hpp). To be called
/// before anything is cut: half a secret would not be found any more.
Result<net::CurlAnswer> redacted(Result<net::CurlAnswer> answer, const std::vector<std::string>& secrets);

}  // namespace healer
