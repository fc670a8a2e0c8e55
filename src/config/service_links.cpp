#include "config/service_links.hpp"

#include <algorithm>
#include <string>

#include "config/characters.hpp"
#include "config/url.hpp"

namespace healer {
namespace {

/// Takes one of the words off the end of the name.
bool take_end(std::string_view& name, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (!name.ends_with(word)) continue;
    name.remove_suffix(word.size());
    return true;
  }
  return false;
}

bool take_digits(std::string_view& name) {
  const std::size_t before = name.size();
  while (!name.empty() && is_digit(name.back())) name.remove_suffix(1);
  return name.size() < before;
}

/// NAME_PORT_25_TCP, NAME_PORT_25_TCP_ADDR, ..._PORT and ..._PROTO.
bool names_a_port_of_a_service(std::string_view name) {
  take_end(name, {"_ADDR", "_PORT", "_PROTO"});
  return take_end(name, {"_TCP", "_UDP", "_SCTP"}) && take_digits(name) && take_end(name, {"_PORT_"}) &&
         !name.empty();
}

}  // namespace

bool is_service_address(std::string_view value) {
  const auto url = read_url(value);
  return url && (url->scheme == "tcp" || url->scheme == "udp" || url->scheme == "sctp") && url->port &&
         url->rest.empty() && !url->has_user;
}

bool is_service_link(std::string_view name, std::string_view value) {
  if (name.ends_with("_PORT") && is_service_address(value)) return true;
  if (names_a_port_of_a_service(name)) return true;
  return name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
         name.find("_SERVICE_PORT_") != std::string_view::npos;
}

}  // namespace healer
