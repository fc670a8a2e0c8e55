#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "net/curl_client.hpp"
#include "notify/notifier.hpp"

namespace healer {

/// The result of a webhook's answer. 2xx is delivered; 407, 408, 425, 429, 5xx, temporary redirects and every
/// failure of the transfer are tried again; all others are refused, with the start of the answer's text as
/// error. retry_after is the Retry-After field or, of a 429 without the field, "retry_after" of a JSON body.
Sent sent_of(Result<net::CurlAnswer> answer);

/// The texts of a request that must not be shown when the answer repeats them: the URL, its user, its path
/// and query, their parts of at least 12 bytes, and the further secrets.
std::vector<std::string> secret_texts(const Secret& url, const std::vector<Secret>& further = {});

/// The answer without these texts, and without texts that have the form of a secret (base/redact.hpp). Call
/// it before the answer is cut: half of a secret is not found.
Result<net::CurlAnswer> redacted(Result<net::CurlAnswer> answer, const std::vector<std::string>& secrets);

}  // namespace healer
