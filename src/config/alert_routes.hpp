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

inline constexpr std::string_view alert_link_accepted =
    "an http:// or https:// URL, with {incident}, {workload} and {host} where they belong";

/// As read_maintenance(); refused, too, when every minute of the week is quiet.
Applied read_quiet_hours(std::string_view text, std::vector<MaintenanceWindow>& windows);

/// Whether it is such a URL, with no other placeholder.
bool is_alert_link(std::string_view text);

/// What a route has; `channels` are those that are configured.
Table<AlertRoute> route_settings(const std::vector<std::string>& channels);

/// What a route's `match` has.
Table<AlertMatch> match_settings();

/// Reads the file's `routes:`. What is returned counts only when no error was found. Warned of is what is
/// sound, but may not be what was meant.
std::vector<AlertRoute> read_routes(const ObjectPlace& at, const std::vector<std::string>& channels,
                                    SettingReader& reader);

/// Names of the channels that these settings make.
std::vector<std::string> channel_names(const DaemonSettings& settings);

/// What the label healer.alert may say besides none: what routes ask for, and channels.
class AlertNames {
 public:
  AlertNames() = default;
  explicit AlertNames(const DaemonSettings& settings);
  bool has(std::string_view name) const;
  /// Why a name that is none of them is refused, and the nearest one.
  std::string refusal() const;
  std::string nearest(std::string_view name) const;

 private:
  std::vector<std::string> names_;
};

/// Key of the workload setting that holds such a name.
inline constexpr std::string_view alert_key = "alert";
inline constexpr std::string_view alert_name_accepted =
    "none, the name of a channel, or a label that a route asks for";
bool is_alert_name(std::string_view text);

}  // namespace healer
