#pragma once

#include <functional>
#include <string>

namespace healer::net {

/// Where a host is, as far as its name or address tells. Private: an address that is not routed in the
/// internet (RFC 1918, RFC 4193, RFC 6598, link-local), or a name that only a private network knows (one
/// without a dot, or below .local, .lan, .internal or .home.arpa).
enum class HostPlace { Loopback, Private, Elsewhere };

/// `host`: a name, or an address with or without brackets.
HostPlace host_place(const std::string& host);

/// Looks a variable of the environment up; empty: it is not set.
using Variables = std::function<std::string(const char* name)>;
std::string own_variable(const char* name);

/// The variable whose proxy libcurl uses for scheme://host, by libcurl's rules: `http_proxy` in lower case
/// only, others also in upper case, then `all_proxy`; none if `no_proxy` names the host. Empty: no proxy, as
/// always for a loopback host, where a proxy would mean its own machine. Never the proxy's URL, which may
/// hold a password.
std::string proxy_variable(const std::string& scheme, const std::string& host, const Variables& variables);

/// Scheme and host of a URL, in lower case; both are empty when libcurl cannot read the URL.
struct UrlPlace {
  std::string scheme;
  std::string host;
};
UrlPlace url_place(const std::string& url);

}  // namespace healer::net
