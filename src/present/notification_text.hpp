#pragma once

#include "model/effect.hpp"

namespace healer::present {

/// The notification with its event (for the title), text, cause and advice.
Notification written(const SendNotification& send);

}  // namespace healer::present
