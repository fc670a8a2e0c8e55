// The daemon's settings of routing that need no file.
#include "config/alert_routes.hpp"
#include "config/maintenance.hpp"
#include "config/setting_kinds.hpp"

namespace healer {

std::vector<Setting<DaemonSettings>> alert_settings() {
  using namespace kinds;  // NOLINT: the table below is these names
  return {
      duration<DaemonSettings>(
          {.key = "alert_remind_every",
           .env = "ALERT_REMIND_EVERY",
           .description = "How often an open incident is told again until `healer ack` acknowledges it. 0 is "
                          "never."},
          0s, 30 * 24h, [](auto& d) -> auto& { return d.routing.remind_every; }),
      special<DaemonSettings>(
          {.key = "alert_quiet_hours",
           .env = "ALERT_QUIET_HOURS",
           .description = "Times of the week that hold all but critical alerts until their end, see "
                          "[Maintenance windows](#maintenance-windows) for their form.",
           .list_separator = ';'},
          "windows", std::string(maintenance_accepted),
          [](DaemonSettings& d, std::string_view text) { return read_quiet_hours(text, d.routing.quiet); },
          [](const DaemonSettings& d) { return show_maintenance(d.routing.quiet); }),
      text<DaemonSettings>(
          {.key = "alert_link",
           .env = "ALERT_LINK",
           .description = "The address of an incident for a browser, put into alerts. `{incident}`, "
                          "`{workload}` and `{host}` stand for the alert's own; one that lacks them has no "
                          "link."},
          std::string(alert_link_accepted), is_alert_link, [](auto& d) -> auto& { return d.routing.link; }),
  };
}

}  // namespace healer
