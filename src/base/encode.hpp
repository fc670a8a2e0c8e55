#pragma once

#include <string>
#include <string_view>

namespace healer {

/// Every byte but letters, digits and "-._~" as %XX (RFC 3986, 2.1): fits into a path, a query and a form.
std::string percent_encoded(std::string_view text);

/// The way back; what is no valid escape stays as it is.
std::string percent_decoded(std::string_view text);

/// With padding, on one line (RFC 4648, 4).
std::string base64(std::string_view bytes);

}  // namespace healer
