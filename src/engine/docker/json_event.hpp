#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/event.hpp"

namespace healer::docker {

/// One object of GET /events, of any Docker version or Podman. Nothing for what is no container's event or of
/// a kind that decides nothing; Protocol names the field that does not fit.
Result<std::optional<EngineEvent>> parse_event(std::string_view json);

/// The `filters` value that asks for just those: JSON, not yet percent-encoded.
std::string event_filter();

}  // namespace healer::docker
