#include "net/proxies.hpp"

#include <cstdlib>
#include <memory>
#include <string_view>

#include <curl/curl.h>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "base/text.hpp"

namespace healer::net {
namespace {

namespace ip = boost::asio::ip;

/// In lower case, without brackets, zone and the last dot.
std::string bare(std::string host) {
  host = lower(host);
  if (host.starts_with('[')) host.erase(0, 1);
  if (const auto end = host.find_first_of("]%"); end != std::string::npos) host.erase(end);
  if (host.ends_with('.')) host.pop_back();
  return host;
}

bool is_within(std::string_view name, std::string_view domain) {
  return name == domain || (name.size() > domain.size() && name.ends_with(domain) &&
                            name[name.size() - domain.size() - 1] == '.');
}

bool is_private(const ip::address_v4& address) {
  for (const char* network :
       {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"}) {
    const auto whole = ip::make_network_v4(network);
    if (ip::network_v4(address, whole.prefix_length()).canonical() == whole) return true;
  }
  return false;
}

bool is_private(const ip::address_v6& address) {
  return address.is_link_local() || (address.to_bytes()[0] & 0xFE) == 0xFC;
}

ip::address plain(ip::address address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

/// Whether the entry of no_proxy ("10.0.0.0/8", "fd00::1") is a network or an address with this address.
bool covers(const std::string& entry, const ip::address& address) {
  boost::system::error_code error;
  if (const auto one = ip::make_address(bare(entry), error); !error) return plain(one) == address;
  if (address.is_v4()) {
    const auto network = ip::make_network_v4(entry, error);
    return !error &&
           ip::network_v4(address.to_v4(), network.prefix_length()).canonical() == network.canonical();
  }
  const auto network = ip::make_network_v6(entry, error);
  return !error &&
         ip::network_v6(address.to_v6(), network.prefix_length()).canonical() == network.canonical();
}

bool is_excepted(const std::string& host, const std::string& no_proxy) {
  if (trim(no_proxy) == "*") return true;
  boost::system::error_code error;
  const ip::address address = plain(ip::make_address(host, error));
  std::string list = no_proxy;
  for (char& c : list)
    if (c == ' ' || c == '\t') c = ',';
  for (const std::string& part : split(list, ',')) {
    std::string entry = lower(part);
    if (entry.starts_with('.')) entry.erase(0, 1);
    if (entry.ends_with('.')) entry.pop_back();
    if (entry.empty()) continue;
    if (error ? is_within(host, entry) : covers(entry, address)) return true;
  }
  return false;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

}  // namespace

HostPlace host_place(const std::string& host) {
  const std::string name = bare(host);
  boost::system::error_code error;
  if (const ip::address address = plain(ip::make_address(name, error)); !error) {
    if (address.is_loopback() || address.is_unspecified()) return HostPlace::Loopback;
    const bool is_here = address.is_v4() ? is_private(address.to_v4()) : is_private(address.to_v6());
    return is_here ? HostPlace::Private : HostPlace::Elsewhere;
  }
  for (const char* own : {"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})
    if (is_within(name, own)) return HostPlace::Loopback;
  for (const char* domain : {"local", "lan", "internal", "home.arpa"})
    if (is_within(name, domain)) return HostPlace::Private;
  return !name.empty() && name.find('.') == std::string::npos ? HostPlace::Private : HostPlace::Elsewhere;
}

std::string own_variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string proxy_variable(const std::string& scheme, const std::string& host, const Variables& variables) {
  if (scheme.empty() || host_place(host) == HostPlace::Loopback) return {};
  for (const char* name : {"no_proxy", "NO_PROXY"})
    if (const std::string list = variables(name); !list.empty()) {
      if (is_excepted(bare(host), list)) return {};
      break;  // libcurl reads the second only if the first is not set
    }
  const std::string own = scheme + "_proxy";
  for (const std::string& name : {own, own == "http_proxy" ? std::string() : upper(own),
                                  std::string("all_proxy"), std::string("ALL_PROXY")})
    if (!name.empty() && !variables(name.c_str()).empty()) return name;
  return {};
}

UrlPlace url_place(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (!parsed ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return {};
  const auto part = [&](CURLUPart which) {
    char* value = nullptr;
    if (curl_url_get(parsed.get(), which, &value, 0) != CURLUE_OK) return std::string();
    std::string copy(value);
    curl_free(value);
    return lower(copy);
  };
  return {part(CURLUPART_SCHEME), part(CURLUPART_HOST)};
}

}  // namespace healer::net
