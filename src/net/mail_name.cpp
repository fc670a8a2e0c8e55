#include "net/mail_name.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "base/text.hpp"
#include "net/interfaces.hpp"

namespace healer::net {
namespace {

constexpr std::size_t longest_name = 255;

bool is_full(const std::string& name) {
  const auto dot = name.find('.');
  return dot != std::string::npos && dot > 0 && dot + 1 < name.size() && is_mail_name(name) &&
         !name.starts_with("localhost");
}

/// "nas.example.org" of the line "127.0.1.1 nas.example.org nas".
std::string full_name_in(const std::string& hosts, const std::string& host) {
  std::istringstream lines(hosts);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address;
    words >> address;
    const std::vector<std::string> names{std::istream_iterator<std::string>(words), {}};
    if (std::find(names.begin(), names.end(), host) == names.end()) continue;
    for (const std::string& name : names)
      if (is_full(name)) return name;
  }
  return {};
}

/// The first IPv4 address of this machine's interfaces; empty: there is none.
std::string own_address() {
  for (const std::string& address : own_addresses())
    if (address.find(':') == std::string::npos) return address;
  return {};
}

}  // namespace

MachineNames machine_names() {
  MachineNames names;
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) == 0) names.host = host;
  std::ifstream hosts("/etc/hosts");
  names.hosts.assign(std::istreambuf_iterator<char>(hosts), {});
  names.address = own_address();
  return names;
}

std::string mail_name(const std::string& sender, const MachineNames& machine) {
  const std::string domain = sender.substr(sender.rfind('@') + 1);
  if (is_full(domain)) return domain;
  if (is_full(machine.host)) return machine.host;
  if (const std::string full = full_name_in(machine.hosts, machine.host); !full.empty()) return full;
  if (!machine.address.empty()) return "[" + machine.address + "]";
  return is_mail_name(machine.host) ? machine.host : "localhost.localdomain";
}

bool is_mail_name(const std::string& text) {
  std::string_view name = text;
  if (name.size() > 2 && name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return !name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:").find(c) != std::string_view::npos;
  });
}

}  // namespace healer::net
