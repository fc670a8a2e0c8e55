#pragma once

#include <string>
#include <string_view>

#include "model/effect.hpp"

namespace healer {

/// What a webhook remedy posts: {"event":"remedy","workload":...,"container_id":...,"image":...,
/// "attempt":...,"reason":...,"host":...}. `image` is left out when it is not known.
std::string webhook_body(const ApplyRemedy& remedy, std::string_view image, std::string_view host);

}  // namespace healer
