#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/daemon_settings.hpp"
#include "config/setting.hpp"
#include "model/policy.hpp"
#include "model/routing.hpp"

namespace healer {

inline constexpr std::size_t most_routes = 100;

inline constexpr std::string_view notification_link_accepted =
    "an http:// or https:// URL, with {incident}, {workload} and {host} where they belong";

/// As read_maintenance(), but refuses windows that make every minute of the week quiet.
Applied read_quiet_hours(std::string_view text, std::vector<MaintenanceWindow>& windows);

/// Whether the text fits notification_link_accepted, with no other placeholder.
bool is_notification_link(std::string_view text);

/// The settings of a route. `channels`: names of the configured channels.
Table<NotificationRoute> route_settings(const std::vector<std::string>& channels);

/// The settings of a route's `match`.
Table<NotificationMatch> match_settings();

/// Reads the file's `routes:`. The result counts only if no error was found. Valid routes that the operator
/// may not mean give a warning.
std::vector<NotificationRoute> read_routes(const ObjectPlace& at, const std::vector<std::string>& channels,
                                           SettingReader& reader);

/// Names of the channels that these settings make.
std::vector<std::string> channel_names(const DaemonSettings& settings);

/// The values of the label healer.notify besides none: labels that routes ask for, and names of channels.
class NotificationNames {
 public:
  NotificationNames() = default;
  explicit NotificationNames(const DaemonSettings& settings);
  bool has(std::string_view name) const;
  /// Why an unknown name is refused, and the nearest valid name.
  std::string refusal() const;
  std::string nearest(std::string_view name) const;

 private:
  std::vector<std::string> names_;
};

/// Key of the workload setting that holds such a name.
inline constexpr std::string_view notification_key = "notify";
inline constexpr std::string_view notification_name_accepted =
    "none, the name of a channel, or a label that a route asks for";
bool is_notification_name(std::string_view text);

}  // namespace healer
