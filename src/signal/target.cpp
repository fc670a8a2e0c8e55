#include "signal/target.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"

namespace healer {
namespace {

constexpr std::string_view service_label = "compose_service";
constexpr std::size_t shortest_id = 12;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// cAdvisor: "/docker/ID", "/system.slice/docker-ID.scope".
std::string_view id_in(std::string_view value) {
  if (value.ends_with(".scope")) value.remove_suffix(6);
  const std::size_t cut = value.find_last_of("/-");
  if (cut != std::string_view::npos) value.remove_prefix(cut + 1);
  return value.size() >= shortest_id && is_hex(value) ? value : std::string_view();
}

bool is_named(const WorkloadStatus& workload, std::string_view value) {
  if (value.starts_with('/')) value.remove_prefix(1);
  if (workload.name == value || workload.key == value) return true;
  const std::string_view id = id_in(value);
  return !id.empty() && workload.container_id.starts_with(id);
}

/// A compose container's key is "project/service/number". Without a copy: ten thousand alerts may ask it of
/// each of a thousand workloads.
bool is_of_service(const WorkloadStatus& workload, std::string_view service, const std::string* project) {
  const std::string_view key = workload.key;
  const std::size_t first = key.find('/');
  const std::size_t last = key.rfind('/');
  return first != last && key.find('/', first + 1) == last &&
         key.substr(first + 1, last - first - 1) == service && (!project || key.substr(0, first) == *project);
}

}  // namespace

const std::vector<std::string>& default_signal_labels() {
  static const std::vector<std::string> names{"container",
                                              "container_name",
                                              "name",
                                              "container_id",
                                              "id",
                                              "compose_service",
                                              "container_label_com_docker_compose_service",
                                              "com_docker_compose_service"};
  return names;
}

SignalTarget find_signal_target(const std::map<std::string, std::string>& labels,
                                std::span<const std::string> names,
                                std::span<const WorkloadStatus> workloads) {
  SignalTarget target;
  for (const std::string& name : names) {
    const auto label = labels.find(name);
    if (label == labels.end() || label->second.empty()) continue;
    const std::string& value = label->second;
    const std::string shown = fmt::format("{}=\"{}\"", name, clip(printable(value), 80));
    target.text += (target.text.empty() ? "no watched container has " : ", ") + shown;
    const bool service = name.ends_with(service_label);
    const std::string* project = nullptr;
    if (service) {
      const auto found = labels.find(name.substr(0, name.size() - 7) + "project");
      if (found != labels.end() && !found->second.empty()) project = &found->second;
    }
    std::vector<const WorkloadStatus*> found;
    for (const WorkloadStatus& workload : workloads)
      if (service ? is_of_service(workload, value, project) : is_named(workload, value))
        found.push_back(&workload);
    if (found.empty()) continue;
    if (found.size() == 1) return {SignalTarget::Found::One, found.front()->key, {}};
    return {
        SignalTarget::Found::Ambiguous,
        {},
        fmt::format("{} containers are watched as {}; say which by a label container", found.size(), shown)};
  }
  if (target.text.empty()) {
    target.text = "none of its labels names a container; looked at were";
    for (const std::string& name : names) target.text += (&name == &names.front() ? " " : ", ") + name;
  }
  return target;
}

}  // namespace healer
