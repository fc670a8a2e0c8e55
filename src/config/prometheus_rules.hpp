#pragma once

#include <cstddef>

#include "config/setting_reader.hpp"
#include "model/prometheus_rule.hpp"

namespace healer {

inline constexpr std::size_t most_prometheus_rules = 200;

Table<PrometheusSettings> prometheus_settings();
Table<PrometheusRule> prometheus_rule_settings();

/// Reads the file's `prometheus:`. The result counts only if no error was found.
PrometheusSettings read_prometheus(const ObjectPlace& at, SettingReader& reader);

}  // namespace healer
