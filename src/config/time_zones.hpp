#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

/// The zone of that name with its changes from 2020 to 2045, from the system's time zone database
/// (/usr/share/zoneinfo). The process's TZ is not used. A refused name comes with the nearest valid one.
tl::expected<TimeZonePtr, Applied> load_time_zone(std::string_view name);

}  // namespace healer
