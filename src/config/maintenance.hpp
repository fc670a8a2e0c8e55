#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

inline constexpr std::size_t most_windows = 32;

inline constexpr std::string_view maintenance_accepted =
    "off, or windows of the form [DAYS] HH:MM-HH:MM [ZONE] with ';' between them, such as "
    "Sun 02:00-04:00 Europe/Berlin; Mon-Fri 22:00-06:00";

/// Days: `daily` (the default), or names and ranges with commas: `Sat,Sun`, `Mon-Fri`. A window whose end is
/// not after its begin ends on the next day. Zone: a name of the time zone database; UTC without one.
Applied read_maintenance(std::string_view text, std::vector<MaintenanceWindow>& windows);

std::string show_maintenance(const std::vector<MaintenanceWindow>& windows);

/// The kind of a setting that holds windows. `read`: read_maintenance(), or a function that checks more.
Kind<std::vector<MaintenanceWindow>> windows(Applied (*read)(std::string_view,
                                                             std::vector<MaintenanceWindow>&));

}  // namespace healer
