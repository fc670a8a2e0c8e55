#include "core/notification/draft.hpp"

#include <utility>

#include <fmt/format.h>

namespace healer {

std::string incident_key(const View& view) {
  const Workload& w = view.workload;
  // At most 255 bytes (PagerDuty); the incident's number alone makes it unique on this host.
  return fmt::format("healer/{:.60}/{:.120}/{}", view.host.policy.host_name, w.key,
                     w.incident ? w.incident->id.value : 0);
}

Notification draft(const View& view, NotificationKind kind, std::string dedup_key) {
  const Workload& w = view.workload;
  Notification notification;
  notification.kind = kind;
  notification.dedup_key = std::move(dedup_key);
  notification.host = view.host.policy.host_name;
  notification.workload = w.name;
  notification.image = w.container.image;
  notification.attempt = w.remediation.attempts;
  notification.attempts_allowed = w.policy->retry.budget_attempts;
  notification.excerpt = w.notifications.excerpt;
  notification.created_at = view.now;
  notification.project = project_of(w);
  notification.route = w.policy->notify.route;
  if (w.incident && notification.dedup_key == incident_key(view)) {
    notification.incident = w.incident->id;
    notification.unhealthy_since = w.incident->unhealthy_since;
  }
  notification.link = link_of(routing_of(view.host.policy).link, notification);
  return notification;
}

}  // namespace healer
