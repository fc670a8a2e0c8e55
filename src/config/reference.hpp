#pragma once

#include <string>

namespace healer {

/// docs/configuration.md, with the tables of settings in it.
std::string configuration_reference();

}  // namespace healer
