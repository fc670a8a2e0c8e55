#include "alert/place.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"

namespace healer {
namespace {

constexpr std::size_t shortest_id = 12;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// The canonical form of an IPv6 address; an IPv4 address in it as IPv4. Empty: no IPv6 address.
std::string canonical_v6(const std::string& text) {
  in6_addr address{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return {};
  std::array<char, INET6_ADDRSTRLEN> written{};
  if (IN6_IS_ADDR_V4MAPPED(&address))
    return inet_ntop(AF_INET, address.s6_addr + 12, written.data(), written.size());
  return inet_ntop(AF_INET6, &address, written.data(), written.size());
}

/// Whether the value holds an id that the container's id begins with. `any`: it holds an id at all.
bool holds_id(std::string_view value, std::string_view container_id, bool& any) {
  bool match = false;
  for (std::size_t at = 0; at < value.size();) {
    if (!is_hex(value[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < value.size() && is_hex(value[end])) ++end;
    if (end - at >= shortest_id) {
      any = true;
      match |= container_id.starts_with(value.substr(at, end - at));
    }
    at = end;
  }
  return match || (container_id.size() >= shortest_id && value.find(container_id) != std::string_view::npos);
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  line = line.substr(0, line.find('#'));
  while (!(line = trim(line)).empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(lower(line.substr(0, end)));
    line.remove_prefix(end);
  }
  return words;
}

}  // namespace

std::string host_in(std::string_view value) {
  value = trim(value);
  if (const auto scheme = value.find("://"); scheme != std::string_view::npos)
    value.remove_prefix(scheme + 3);
  value = value.substr(0, value.find_first_of("/?#"));
  if (const auto user = value.rfind('@'); user != std::string_view::npos) value.remove_prefix(user + 1);
  if (value.starts_with('[')) {
    value = value.substr(1, value.find(']') == std::string_view::npos ? value.npos : value.find(']') - 1);
  } else if (std::count(value.begin(), value.end(), ':') == 1) {
    value = value.substr(0, value.find(':'));
  }
  while (value.ends_with('.')) value.remove_suffix(1);
  std::string host = lower(value);
  if (host.find(':') != std::string::npos)
    if (std::string address = canonical_v6(host.substr(0, host.find('%'))); !address.empty()) return address;
  return host;
}

bool is_loopback(std::string_view host) {
  constexpr std::array<std::string_view, 6> names{"localhost",
                                                  "localhost.localdomain",
                                                  "::1",
                                                  "host.docker.internal",
                                                  "gateway.docker.internal",
                                                  "host.containers.internal"};
  if (std::find(names.begin(), names.end(), host) != names.end()) return true;
  in_addr address{};
  return host.starts_with("127.") && inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

std::set<std::string, std::less<>> names_of_host(std::string_view name, std::string_view hosts,
                                                 std::string_view resolv_conf) {
  const std::string whole = lower(trim(name));
  if (whole.empty()) return {};
  const std::string machine = whole.substr(0, whole.find('.'));
  std::set<std::string, std::less<>> names{whole, machine};
  if (whole != machine) return names;  // its domain is known
  for (const std::string& line : split(hosts, '\n')) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 2 || std::find(words.begin() + 1, words.end(), machine) == words.end()) continue;
    for (std::size_t i = 1; i < words.size(); ++i)
      if (words[i].starts_with(machine + ".")) names.insert(words[i]);
  }
  for (const std::string& line : split(resolv_conf, '\n')) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 2 || (words[0] != "search" && words[0] != "domain")) continue;
    for (std::size_t i = 1; i < words.size(); ++i)
      if (words[i] != ".") names.insert(machine + "." + words[i]);
  }
  return names;
}

std::string place_of(const std::map<std::string, std::string>& labels) {
  std::string all;
  for (const char* name : {"instance", "host", "node"}) {
    const auto label = labels.find(name);
    if (label == labels.end() || label->second.empty()) continue;
    all += (all.empty() ? "" : ", ") + host_in(label->second);
  }
  return all;
}

IdCheck check_ids(const std::map<std::string, std::string>& labels, std::string_view container_id) {
  IdCheck check;
  for (const char* name : {"id", "container_id"}) {
    const auto label = labels.find(name);
    if (label == labels.end() || label->second.empty()) continue;
    const std::string value = lower(label->second);
    bool any = false;
    if (holds_id(value, container_id, any)) {
      if (check.found == IdLabels::None) check.found = IdLabels::Match;
    } else if (any || value.starts_with('/') || std::string_view(name) == "container_id") {
      return {IdLabels::Differ, name};
    }
  }
  return check;
}

}  // namespace healer
