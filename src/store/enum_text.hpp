#pragma once

#include "model/enum_text.hpp"

namespace healer::store {

using healer::enum_of;

}  // namespace healer::store
