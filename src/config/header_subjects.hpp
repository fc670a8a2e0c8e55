#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/policy.hpp"

namespace healer {

/// The container that a policy is for, in what it cannot choose by its labels alone.
struct HeaderSubject {
  std::string_view name;     ///< the container's
  std::string_view service;  ///< "project/service", if compose made the container; else empty
};

/// Whether the header's name is that of a secret: Authorization, Cookie, X-Api-Key.
bool is_secret_header(const HttpHeader& header);

/// Whether one of the patterns of `headers_for` fits: "web-*" the container's name, "service:shop/*" its
/// service. '*' stands for any characters.
bool gets_secret_headers(const std::vector<std::string>& patterns, const HeaderSubject& subject);

/// Whether the text is such a pattern.
bool is_header_pattern(std::string_view text);

/// Takes the operator's secret headers out of a policy that has them from `defaults`. Headers of a
/// container's own label stay: whoever set the label knows them.
void drop_secret_headers(Policy& policy, const Policy& defaults);

}  // namespace healer
