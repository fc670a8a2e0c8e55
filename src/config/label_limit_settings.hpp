#pragma once

#include "config/label_limits.hpp"
#include "config/setting.hpp"
#include "config/setting_reader.hpp"

namespace healer {

/// The keys of the file's `limits:`.
Table<LabelLimits> label_limit_settings();

/// Reads `limits:`. What is refused keeps its default.
LabelLimits read_label_limits(const ObjectPlace& at, SettingReader& reader);

}  // namespace healer
