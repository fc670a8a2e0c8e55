#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.hpp"
#include "config/daemon_settings.hpp"
#include "config/setting.hpp"
#include "config/yaml_file.hpp"
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

/// The daemon's settings of routing that need no file.
std::vector<Setting<DaemonSettings>> alert_settings();

/// Reads the file's `routes:`; `file` is its name, `channels` are those that are configured. Every error
/// found is added, with its line and the setting's whole name ("routes[2].channels"); what is returned counts
/// only when none was. `warnings`: what is sound, but may not be what was meant.
std::vector<AlertRoute> read_routes(const std::string& file, const FileSection& section,
                                    const std::vector<std::string>& channels, ConfigErrors& errors,
                                    std::vector<std::string>& warnings);

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

/// What the reference says of routes.
std::string_view routes_guide();

}  // namespace healer
