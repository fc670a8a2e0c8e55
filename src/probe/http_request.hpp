#pragma once

#include <string>

#include "model/probe.hpp"

namespace healer {

/// Writes the whole request for `target` into `out`, replacing what was there (so that one string serves
/// every probe). Bytes that would end a line or a word are percent-encoded in the path and left out of the
/// Host header: a label cannot smuggle a header in.
void write_http_request(const HttpTarget& target, std::string& out);

/// The host part of a Host header, without port or brackets.
std::string_view host_of(std::string_view host_header);

}  // namespace healer
