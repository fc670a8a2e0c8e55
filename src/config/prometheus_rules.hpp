#pragma once

#include <string>
#include <string_view>

#include "config/config_error.hpp"
#include "config/yaml_file.hpp"
#include "model/prometheus_rule.hpp"

namespace healer {

inline constexpr std::size_t most_prometheus_rules = 200;

/// Reads the file's `prometheus:`; `file` is its name. Every error found is added, with its line and the
/// setting's whole name ("prometheus.rules[2].for"); what is returned counts only when none was. Files of
/// secrets are read here.
PrometheusSettings read_prometheus(const std::string& file, const FileSection& section, ConfigErrors& errors);

/// What the reference says of it.
std::string_view prometheus_guide();

}  // namespace healer
