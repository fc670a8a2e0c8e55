#pragma once

#include <string>

namespace healer {

/// docs/configuration.md, made from the table of settings.
std::string configuration_reference();

}  // namespace healer
