#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace healer {

/// The names that the labels `instance`, `host` and `node` of an alert may hold. docs/alerts.md.
struct AlertPlaces {
  bool any = true;                                ///< these labels are not looked at (alert_match=any)
  std::set<std::string, std::less<>> here;        ///< this host's names and addresses, in lower case
  std::set<std::string, std::less<>> containers;  ///< of this engine: names, services, short ids, addresses
};

/// The host in a value such as "web:9100", "[::1]:80", "rabbit@mq", "https://shop.example/x": in lower case,
/// without port and brackets; an IPv6 address in its canonical form.
std::string host_in(std::string_view value);

/// The host names itself by this name from anywhere: "localhost", 127.0.0.1, "host.docker.internal".
bool is_loopback(std::string_view host);

/// The hosts in the labels `instance`, `host` and `node`: "cadvisor", "cadvisor, db1"; empty: no such label.
std::string place_of(const std::map<std::string, std::string>& labels);

/// The machine's names: `name`, its form without the domain, and with the domains that the texts of
/// /etc/hosts and /etc/resolv.conf give it. In lower case.
std::set<std::string, std::less<>> names_of_host(std::string_view name, std::string_view hosts,
                                                 std::string_view resolv_conf);

/// Whether a label holds a container's id that is not this container's.
enum class IdLabels { None, Match, Differ };
struct IdCheck {
  IdLabels found = IdLabels::None;
  std::string label;  ///< Differ: the label's name
};
/// Looks at the labels `id` and `container_id`: an id of 12 characters at least, in any cgroup path. A value
/// of `id` that is neither a path nor an id says nothing about containers.
IdCheck check_ids(const std::map<std::string, std::string>& labels, std::string_view container_id);

}  // namespace healer
