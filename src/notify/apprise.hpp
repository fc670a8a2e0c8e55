#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "notify/autoheal_text.hpp"

namespace healer {

/// The channel "apprise": an Apprise server's notify address, told as docker-autoheal does, but escaped.
Result<std::unique_ptr<Notifier>> make_apprise_notifier(AutohealChannel channel);

/// {"title":"Autoheal","body":"..."}
std::string apprise_message(const std::string& text);

}  // namespace healer
