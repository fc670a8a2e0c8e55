#include "orders.hpp"

#include <variant>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "present/notification_text.hpp"

namespace healer::simulation {
namespace {

std::string line(Duration at, const std::string& workload, const std::string& what) {
  return fmt::format("{:>16}  {}  {}", format_duration(at), workload.empty() ? "healer" : workload, what);
}

std::string text(const ApplyRemedy& order) {
  return fmt::format("order {}, attempt {}{}", to_string(order.step), order.number,
                     order.resume ? ", resumed" : "");
}

std::string text(const SendNotification& effect) {
  const Notification notification = present::written(effect);
  std::string text = fmt::format("notification {}, {}", to_string(notification.kind), notification.event);
  if (notification.attempt > 0) text += fmt::format(", attempt {}", notification.attempt);
  if (notification.repeat > 0) text += fmt::format(", repeat {}", notification.repeat);
  if (effect.destinations.empty()) text += ", to no channel";
  return text;
}

}  // namespace

std::vector<std::string> order_lines(const Effects& effects, Duration at) {
  std::vector<std::string> lines;
  for (const Effect& effect : effects) {
    if (const auto* order = std::get_if<ApplyRemedy>(&effect))
      lines.push_back(line(at, order->name, text(*order)));
    if (const auto* raised = std::get_if<SendNotification>(&effect))
      lines.push_back(line(at, raised->notification.workload, text(*raised)));
  }
  return lines;
}

std::string order_line(Duration at, const std::string& what) {
  return line(at, {}, what);
}

}  // namespace healer::simulation
