#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_client.hpp"

namespace healer::cli {

/// Asks the daemon by its admin socket and waits. Any status is an answer; the error of a daemon that does
/// not answer is one line that says where it was looked for.
Result<net::HttpAnswer> ask_daemon(const std::string& admin_socket, std::string method, std::string target,
                                   Duration limit = 5s);

}  // namespace healer::cli
