#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

/// The zone of that name with its changes from 2020 to 2045, of the system's time zone database
/// (/usr/share/zoneinfo). The process's own TZ plays no part. Unknown names are refused with the nearest one.
tl::expected<TimeZonePtr, Applied> load_time_zone(std::string_view name);

}  // namespace healer
