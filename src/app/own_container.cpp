#include "app/own_container.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace healer {
namespace {

constexpr std::size_t id_length = 64;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// The first 64 hexadecimal digits in `text` that directly follow `marker`.
std::string id_after(std::string_view text, std::string_view marker) {
  for (std::size_t at = text.find(marker); at != std::string_view::npos; at = text.find(marker, at + 1)) {
    const std::string_view id = text.substr(at + marker.size(), id_length);
    const auto after = at + marker.size() + id_length;
    if (id.size() == id_length && std::all_of(id.begin(), id.end(), is_hex) &&
        (after >= text.size() || !is_hex(text[after])))
      return std::string(id);
  }
  return {};
}

std::string read(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Only the lines that mount onto `target`: a host that runs Docker has other lines with container ids.
std::string lines_with(std::string_view text, std::string_view target) {
  std::string kept;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.find(target) != std::string_view::npos) kept.append(line).push_back('\n');
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return kept;
}

}  // namespace

std::string own_container_id(std::string_view mountinfo, std::string_view cgroup) {
  for (const char* target : {" /etc/hostname ", " /etc/hosts ", " /etc/resolv.conf "}) {
    const std::string lines = lines_with(mountinfo, target);
    for (const char* marker : {"/containers/", "/overlay-containers/"})
      if (std::string id = id_after(lines, marker); !id.empty()) return id;
  }
  for (const char* marker : {"/docker/", "/docker-", "/libpod-"})
    if (std::string id = id_after(cgroup, marker); !id.empty()) return id;
  return {};
}

std::string own_container_id() {
  return own_container_id(read("/proc/self/mountinfo"), read("/proc/self/cgroup"));
}

}  // namespace healer
