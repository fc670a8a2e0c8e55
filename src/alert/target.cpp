#include "alert/target.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"

namespace healer {
namespace {

constexpr std::string_view service_label = "compose_service";
constexpr std::size_t shortest_id = 12;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// The container's id in a label of cAdvisor: "/docker/ID", "/system.slice/docker-ID.scope".
std::string_view id_in(std::string_view value) {
  if (value.ends_with(".scope")) value.remove_suffix(6);
  const std::size_t cut = value.find_last_of("/-");
  if (cut != std::string_view::npos) value.remove_prefix(cut + 1);
  return value.size() >= shortest_id && is_hex(value) ? value : std::string_view();
}

/// Project and service of a compose container's key "project/service/number"; empty for other keys.
struct ServiceOf {
  std::string_view project;
  std::string_view service;
};

ServiceOf service_of(std::string_view key) {
  const std::size_t first = key.find('/');
  const std::size_t last = key.rfind('/');
  if (first == last || key.find('/', first + 1) != last) return {};
  return {key.substr(0, first), key.substr(first + 1, last - first - 1)};
}

AlertTarget one_of(const std::vector<const WorkloadStatus*>& found, const std::string& shown) {
  AlertTarget target;
  if (found.size() == 1) {
    target.found = AlertTarget::Found::One;
    target.key = found.front()->key;
    return target;
  }
  target.found = AlertTarget::Found::Ambiguous;
  target.text =
      fmt::format("{} containers are watched as {}; say which by a label container", found.size(), shown);
  return target;
}

std::string shown_label(const std::string& name, const std::string& value) {
  return fmt::format("{}=\"{}\"", name, clip(printable(value), 80));
}

}  // namespace

const std::vector<std::string>& default_alert_labels() {
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

AlertTargets::AlertTargets(std::span<const WorkloadStatus> workloads) {
  names_.reserve(2 * workloads.size());
  ids_.reserve(workloads.size());
  for (const WorkloadStatus& each : workloads) {
    names_.emplace(each.name, &each);
    if (each.key != each.name) names_.emplace(each.key, &each);
    keys_.emplace(each.key, &each);
    if (!each.container_id.empty()) ids_.push_back(&each);
    if (const ServiceOf compose = service_of(each.key); !compose.service.empty())
      services_.emplace(compose.service, &each);
  }
  std::sort(ids_.begin(), ids_.end(), [](const WorkloadStatus* one, const WorkloadStatus* other) {
    return one->container_id < other->container_id;
  });
}

AlertTargets::Found AlertTargets::named(std::string_view value) const {
  if (value.starts_with('/')) value.remove_prefix(1);
  Found found;
  const auto add = [&found](const WorkloadStatus* one) {
    if (std::find(found.begin(), found.end(), one) == found.end()) found.push_back(one);
  };
  const auto [first, last] = names_.equal_range(value);
  for (auto at = first; at != last; ++at) add(at->second);
  if (const std::string_view id = id_in(value); !id.empty()) {
    auto at = std::lower_bound(
        ids_.begin(), ids_.end(), id,
        [](const WorkloadStatus* one, std::string_view wanted) { return one->container_id < wanted; });
    for (; at != ids_.end() && (*at)->container_id.starts_with(id); ++at) add(*at);
  }
  return found;
}

AlertTargets::Found AlertTargets::of_service(std::string_view service, const std::string* project) const {
  Found found;
  const auto [first, last] = services_.equal_range(service);
  for (auto at = first; at != last; ++at)
    if (!project || service_of(at->second->key).project == *project) found.push_back(at->second);
  return found;
}

AlertTarget AlertTargets::find(std::string_view container) const {
  const Found found = named(container);
  const std::string shown = fmt::format("\"{}\"", clip(printable(container), 80));
  if (!found.empty()) return one_of(found, shown);
  AlertTarget target;
  target.text = "no watched container is called " + shown;
  return target;
}

AlertTarget AlertTargets::find(const std::map<std::string, std::string>& labels,
                               std::span<const std::string> names, std::span<const AlertMapping> mappings,
                               const AlertPlaces& places) const {
  const AlertMapping* mapped = nullptr;
  for (const AlertMapping& mapping : mappings) {
    const auto label = labels.find(mapping.label);
    if (label == labels.end() || label->second != mapping.value) continue;
    mapped = &mapping;
    break;
  }
  AlertTarget target = mapped != nullptr ? find(mapped->container) : named_by(labels, names);
  if (target.found != AlertTarget::Found::One) {
    if (mapped != nullptr)
      target.text = fmt::format("{}, which alert_targets gives for {}", target.text,
                                shown_label(mapped->label, mapped->value));
    return target;
  }
  const WorkloadStatus& workload = *keys_.at(target.key);
  const IdCheck id = check_ids(labels, workload.container_id);
  const bool maps_id = mapped != nullptr && mapped->label == id.label;
  if (id.found == IdLabels::Differ && !maps_id) {
    target.found = AlertTarget::Found::OtherContainer;
    target.text =
        fmt::format("{} is not the id of {}, which is {}", shown_label(id.label, labels.at(id.label)),
                    workload.name, workload.container_id.substr(0, shortest_id));
  } else if (mapped == nullptr && id.found != IdLabels::Match) {
    check_place(target, labels, places);
  }
  return target;
}

AlertTarget AlertTargets::named_by(const std::map<std::string, std::string>& labels,
                                   std::span<const std::string> names) const {
  AlertTarget target;
  for (const std::string& name : names) {
    const auto label = labels.find(name);
    if (label == labels.end() || label->second.empty()) continue;
    const std::string shown = shown_label(name, label->second);
    target.text += (target.text.empty() ? "no watched container has " : ", ") + shown;
    Found found;
    if (name.ends_with(service_label)) {
      const auto project = labels.find(name.substr(0, name.size() - 7) + "project");
      const bool known = project != labels.end() && !project->second.empty();
      found = of_service(label->second, known ? &project->second : nullptr);
    } else {
      found = named(label->second);
    }
    if (!found.empty()) return one_of(found, shown);
  }
  if (target.text.empty()) {
    target.text = "none of its labels names a container; looked at were";
    for (const std::string& name : names) target.text += (&name == &names.front() ? " " : ", ") + name;
  }
  return target;
}

void AlertTargets::check_place(AlertTarget& target, const std::map<std::string, std::string>& labels,
                               const AlertPlaces& places) const {
  if (places.any) return;
  bool here = false;
  for (const char* name : {"instance", "host", "node"}) {
    const auto label = labels.find(name);
    if (label == labels.end() || label->second.empty()) continue;
    const std::string host = host_in(label->second);
    here |= places.here.contains(host);
    target.certain = here;
    if (places.here.contains(host) || is_loopback(host) || places.containers.contains(host) ||
        services_.contains(host) || !named(host).empty())
      continue;
    target.found = AlertTarget::Found::OtherHost;
    target.text = fmt::format(
        "{} is neither this host nor a container of its engine; alert_match says which other names are this "
        "host's",
        shown_label(name, label->second));
    return;
  }
}

void refuse_several_places(std::span<const PlacedAlert> alerts) {
  std::map<std::pair<std::string_view, std::string_view>, std::set<std::string_view>> places;
  for (const PlacedAlert& each : alerts)
    if (!each.key.empty() && !each.place.empty()) places[{each.rule, each.key}].insert(each.place);
  for (const PlacedAlert& each : alerts) {
    AlertTarget* target = each.target;
    if (target == nullptr || target->found != AlertTarget::Found::One || target->certain) continue;
    const std::set<std::string_view>& all = places[{each.rule, each.key}];
    if (all.size() < 2) continue;
    target->found = AlertTarget::Found::Ambiguous;
    target->text = fmt::format(
        "alerts of several places name {}, and none is known to be this host: {}; see "
        "alert_match",
        each.key, clip(printable(fmt::format("{}", fmt::join(all, "; "))), 200));
  }
}

}  // namespace healer
