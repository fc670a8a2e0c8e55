#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_client.hpp"

namespace healer::cli {

/// Sends a request to the daemon's admin socket and waits. Any status is an answer. The error when no daemon
/// answers is one line that names the socket.
Result<net::HttpAnswer> ask_daemon(const std::string& admin_socket, std::string method, std::string target,
                                   Duration limit = 5s);

}  // namespace healer::cli
