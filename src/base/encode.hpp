#pragma once

#include <string>
#include <string_view>

namespace healer {

/// Writes every byte except letters, digits and "-._~" as %XX (RFC 3986, 2.1). The result is safe in a path,
/// a query and a form.
std::string percent_encoded(std::string_view text);

/// Decodes %XX; an invalid escape stays unchanged.
std::string percent_decoded(std::string_view text);

/// With padding, on one line (RFC 4648, 4).
std::string base64(std::string_view bytes);

}  // namespace healer
