#include "cli/ask.hpp"

#include <fmt/format.h>

#include <utility>

namespace healer::cli {

Result<net::HttpAnswer> ask_daemon(const std::string& admin_socket, std::string method, std::string target,
                                   Duration limit) {
  net::HttpCall call;
  call.endpoint = net::UnixEndpoint{admin_socket};
  call.method = std::move(method);
  call.target = std::move(target);
  call.deadline = limit;
  call.body_cap = 64 * 1024 * 1024;  // 10,000 workloads take about 6 MiB
  auto answer = net::call_and_wait(std::move(call));
  if (!answer)
    return failure(
        answer.error().code,
        fmt::format(
            "no healer answers on {}: {} (--admin-socket or HEALER_ADMIN_SOCKET names another socket)",
            admin_socket, answer.error().message));
  return answer;
}

}  // namespace healer::cli
