#pragma once

#include <string>
#include <string_view>

#include "net/http_response.hpp"

namespace healer {

// What an HTTP answer says of the peer, besides its status.

/// The fields of an answer that a prober reads. Of an answer below 300 there are none, unless the body is
/// asked for.
bool keeps_field(int status, std::string_view name);
/// The same, with those that describe the coding of a body that is asked for.
bool keeps_field_of_body(int status, std::string_view name);

/// The compression of the body, in lower case, such as "gzip"; empty: none that is known. Needs the fields of
/// keeps_field_of_body().
std::string compression_of(const net::HttpResponseParser& answer);

/// Whether more of a failed answer's body, whose first bytes may have come, can say more than its head: the
/// body of a 400, and a JSON object.
bool body_may_explain(const net::HttpResponseParser& answer);

/// Whether the body of a 400 says that the port wants TLS. Servers word it in their own ways.
bool body_wants_tls(std::string_view body);

/// Whether the body of a 400 over TLS says that the server wants a client certificate.
bool body_wants_certificate(std::string_view body);

/// Whether the head or the body of a failed answer says that the application is in maintenance.
bool answer_says_maintenance(const net::HttpResponseParser& answer);

}  // namespace healer
