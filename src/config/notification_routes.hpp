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

/// As read_maintenance(); refused, too, when every minute of the week is quiet.
Applied read_quiet_hours(std::string_view text, std::vector<MaintenanceWindow>& windows);

/// Whether it is such a URL, with no other placeholder.
bool is_notification_link(std::string_view text);

/// What a route has; `channels` are those that are configured.
Table<NotificationRoute> route_settings(const std::vector<std::string>& channels);

/// What a route's `match` has.
Table<NotificationMatch> match_settings();

/// Reads the file's `routes:`. What is returned counts only when no error was found. Warned of is what is
/// sound, but may not be what was meant.
std::vector<NotificationRoute> read_routes(const ObjectPlace& at, const std::vector<std::string>& channels,
                                           SettingReader& reader);

/// Names of the channels that these settings make.
std::vector<std::string> channel_names(const DaemonSettings& settings);

/// What the label healer.notify may say besides none: what routes ask for, and channels.
class NotificationNames {
 public:
  NotificationNames() = default;
  explicit NotificationNames(const DaemonSettings& settings);
  bool has(std::string_view name) const;
  /// Why a name that is none of them is refused, and the nearest one.
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
