#pragma once

#include <string>
#include <string_view>

#include "model/effect.hpp"

namespace healer {

/// The body of a webhook remedy's POST: {"event":"remedy","workload":...,"container_id":...,"image":...,
/// "attempt":...,"reason":...,"host":...}. `image` is left out if it is empty.
std::string webhook_body(const ApplyRemedy& remedy, std::string_view image, std::string_view host);

}  // namespace healer
