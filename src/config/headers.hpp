#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/setting.hpp"
#include "model/probe.hpp"

namespace healer {

inline constexpr const char* headers_accepted =
    "lines of the form Name: value, at most 32, without those that healer sets itself";

/// Headers of a request that healer sends: one per line, or a list. When they are refused, `into` is
/// unchanged.
Applied read_headers(std::string_view text, std::vector<HttpHeader>& into);

/// The names, with the values redacted.
std::string show_headers(const std::vector<HttpHeader>& headers);

}  // namespace healer
