#pragma once

#include <string>

namespace healer {

/// docs/configuration.md with its generated tables of settings.
std::string configuration_reference();

}  // namespace healer
