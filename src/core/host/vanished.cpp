#include "core/host/vanished.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace healer {
namespace {

/// The containers of one project are removed one after the other.
constexpr Duration gathered_for = 15s;

/// "web-blue" -> "web".
std::string stem(const std::string& name) {
  return name.substr(0, name.find_last_of("-_."));
}

/// "registry:5000/shop/web:2@sha256:..." -> "registry:5000/shop/web".
std::string repository(const std::string& image) {
  const std::string name = image.substr(0, image.find('@'));
  const auto colon = name.rfind(':');
  const bool is_tag = colon != std::string::npos && name.find('/', colon) == std::string::npos;
  return is_tag ? name.substr(0, colon) : name;
}

/// Whoever owns the container removes it every day, and a finished job is removed on purpose.
bool is_missed(const Workload& removed) {
  const bool owner_removes = !removed.container.owner.name.empty() && !removed.container.owner.stable;
  return !owner_removes && removed.lifecycle.exit_kind != ExitKind::Completed;
}

void notify(NotificationKind kind, notice::Vanished vanished, const std::string& about, HostOut& out) {
  HostMessage message;
  message.kind = kind;
  message.notice = std::move(vanished);
  message.dedup_key = fmt::format("healer/{:.60}/vanished/{:.120}/{}", out.host_name(), about,
                                  out.now().time_since_epoch().count());
  out.notify(std::move(message));
}

}  // namespace

bool has_successor(const Workload& removed, const Workloads& workloads) {
  bool found = false;
  workloads.each([&](const Workload& other) {
    if (other.key == removed.key || other.lifecycle.presence == Presence::Absent) return;
    if (other.lifecycle.instance_started < removed.lifecycle.instance_started) return;
    const bool of_service = !removed.service.empty() && other.service == removed.service;
    const bool alike = repository(other.container.image) == repository(removed.container.image) &&
                       stem(other.name) == stem(removed.name);
    found = found || of_service || alike;
  });
  return found;
}

void Vanished::add(const Workload& workload, const Reason& unhealthy, const Workloads& workloads,
                   HostOut& out) {
  if (!is_missed(workload) || has_successor(workload, workloads)) return;
  if (!is_given(unhealthy)) {
    names_of_[project_of(workload)].push_back(workload.name);
    if (!due_) due_ = out.now() + gathered_for;
    return;
  }
  notify(NotificationKind::Critical, {{workload.name}, project_of(workload), unhealthy}, workload.key, out);
}

void Vanished::due(HostOut& out) {
  if (!due_ || out.now() < *due_) return;
  due_.reset();
  for (auto& [project, names] : std::exchange(names_of_, {})) {
    std::sort(names.begin(), names.end());
    const std::string about = project.empty() ? names.front() : project;
    notify(NotificationKind::Info, {std::move(names), project, {}}, about, out);
  }
}

}  // namespace healer
