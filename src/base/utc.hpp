#pragma once

#include <string>

#include "base/time.hpp"

namespace healer {

/// How a time is written, always in UTC.
enum class UtcForm {
  Iso,    ///< 2026-11-22T10:00:03.125Z
  Table,  ///< 2026-11-22 10:00:03
  Mail,   ///< Sun, 22 Nov 2026 10:00:03 +0000 (RFC 5322, 3.3)
  Stamp,  ///< 20261122T100003Z, for file names
};

/// A time outside the years 1 to 9999 is written as the first or the last moment of that range.
std::string utc_text(WallTime at, UtcForm form = UtcForm::Iso);

}  // namespace healer
