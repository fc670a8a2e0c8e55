#include "api/allowed_host.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace healer {
namespace {

bool is_port(std::string_view text) {
  return text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Numbers and dots: no name of a site, for the last part of a name is no number.
bool is_v4(std::string_view text) {
  return text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed) {
  host = trim(host);
  if (host.empty()) return true;
  if (host.front() == '[') {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view rest = host.substr(end + 1);
    // The zone of a link-local address is the name of an interface.
    const std::string_view address = host.substr(1, end - 1);
    const std::string_view digits = address.substr(0, address.find('%'));
    return digits.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos &&
           address.find_first_of("/@, ") == std::string_view::npos &&
           (rest.empty() || (rest.front() == ':' && is_port(rest.substr(1))));
  }
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos) {
    if (!is_port(host.substr(colon + 1))) return false;
    host = host.substr(0, colon);
  }
  std::string name = lower(host);
  if (name.ends_with('.')) name.pop_back();
  if (name.empty() || name.find_first_of(":/@, ") != std::string::npos) return false;
  if (is_v4(name) || name == "localhost" || name.find('.') == std::string::npos) return true;
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const std::string& each) { return lower(each) == name; });
}

}  // namespace healer
