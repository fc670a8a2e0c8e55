// The commands that ask a running daemon.
#include <fmt/format.h>

#include <ostream>
#include <utility>

#include "base/text.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/status_view.hpp"

namespace healer::cli {
namespace {

int failed(std::ostream& err, const std::string& message) {
  err << "healer: " << message << '\n';
  return exit_failed;
}

std::string unexpected(const net::HttpAnswer& answer) {
  return fmt::format("the daemon answered {}: {}", answer.status, answer_text(answer.body));
}

/// Where this machine reaches what listens there.
std::string reachable_address(const std::string& listened) {
  if (listened == "0.0.0.0") return "127.0.0.1";
  if (listened == "::") return "::1";
  return listened;
}

Result<net::HttpAnswer> ask_health(const DaemonSettings& settings) {
  // A port that was picked at the daemon's start is not known here.
  if (!settings.listen || settings.listen->port == 0)
    return ask_daemon(settings.admin_socket, "GET", "/healthz");
  net::HttpCall call;
  call.endpoint =
      net::TcpEndpoint{reachable_address(settings.listen->address), settings.listen->port, nullptr};
  call.target = "/healthz";
  call.deadline = 5s;
  return net::call_and_wait(std::move(call));
}

}  // namespace

int status(const StatusCommand& command, const Environment& environment, WallTime now, const Output& output) {
  const auto settings = load(environment, command.flags);
  if (!settings) {
    print_errors(settings.error(), output.err);
    return exit_usage;
  }
  const auto answer = ask_daemon(settings->daemon.admin_socket, "GET", "/v1/status");
  if (!answer) return failed(output.err, answer.error().message);
  if (answer->status != 200) return failed(output.err, unexpected(*answer));
  if (command.json) {
    output.out << trim(answer->body) << '\n';
    return exit_ok;
  }
  const auto view = status_view(answer->body, now, output.colour);
  if (!view) return failed(output.err, view.error().message);
  output.out << *view;
  return exit_ok;
}

int reset(const ResetCommand& command, const Environment& environment, const Output& output) {
  const auto settings = load(environment, command.flags);
  if (!settings) {
    print_errors(settings.error(), output.err);
    return exit_usage;
  }
  const auto answer =
      ask_daemon(settings->daemon.admin_socket, "POST", "/v1/reset?name=" + query_encoded(command.name));
  if (!answer) return failed(output.err, answer.error().message);
  // No such container, or no name: the daemon's own sentence says which ones there are.
  if (answer->status == 404 || answer->status == 400) return failed(output.err, answer_text(answer->body));
  if (answer->status < 200 || answer->status > 299) return failed(output.err, unexpected(*answer));
  output.out << fmt::format("{}: breaker closed, backoff forgotten\n", printable(clip(command.name, 100)));
  return exit_ok;
}

int healthcheck(const HealthcheckCommand& command, const Environment& environment, const Output& output) {
  const auto settings = load(environment, command.flags);
  if (!settings) {
    print_errors(settings.error(), output.err);
    return exit_failed;  // of a HEALTHCHECK, 2 is reserved by the engine
  }
  const auto answer = ask_health(settings->daemon);
  if (!answer) return failed(output.err, answer.error().message);
  if (answer->status != 200) return failed(output.err, unexpected(*answer));
  return exit_ok;
}

}  // namespace healer::cli
