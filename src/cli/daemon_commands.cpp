// The commands that call a running daemon.
#include <fmt/format.h>

#include <ostream>
#include <utility>

#include "base/encode.hpp"
#include "base/text.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/history_view.hpp"
#include "cli/status_view.hpp"
#include "cli/test_notification_view.hpp"

namespace healer::cli {
namespace {

int failed(std::ostream& err, const std::string& message) {
  err << "healer: " << message << '\n';
  return exit_failed;
}

std::string unexpected(const net::HttpAnswer& answer) {
  return fmt::format("the daemon answered {}: {}", answer.status, answer_text(answer.body));
}

/// The address at which this machine reaches a server that listens on `listened`.
std::string reachable_address(const std::string& listened) {
  if (listened == "0.0.0.0") return "127.0.0.1";
  if (listened == "::") return "::1";
  return listened;
}

Result<net::HttpAnswer> ask_health(const DaemonSettings& settings) {
  // Port 0: the daemon's real port is not known here.
  if (!settings.listen || settings.listen->port == 0)
    return ask_daemon(settings.admin_socket, "GET", "/healthz");
  net::HttpCall call;
  call.endpoint =
      net::TcpEndpoint{reachable_address(settings.listen->address), settings.listen->port, nullptr};
  call.target = "/healthz";
  call.deadline = 5s;
  return net::call_and_wait(std::move(call));
}

/// Calls the running daemon and prints what `view` makes of a 2xx answer; for any other answer prints one
/// line.
template <class Asking, class View>
int ask(const Asking& command, const Environment& environment, const Output& output, const char* method,
        const std::string& target, View view, Duration limit = 5s) {
  const auto settings = load(environment, command.flags);
  if (!settings) {
    print_errors(settings.error(), output.err);
    return exit_usage;
  }
  const auto answer = ask_daemon(settings->daemon.admin_socket, method, target, limit);
  if (!answer) return failed(output.err, answer.error().message);
  // The daemon's sentence gives the reason and the valid choices.
  if (answer->status == 400 || answer->status == 404 || answer->status == 409)
    return failed(output.err, answer_text(answer->body));
  if (answer->status < 200 || answer->status > 299) return failed(output.err, unexpected(*answer));
  const Result<std::string> text = view(answer->body);
  if (!text) return failed(output.err, text.error().message);
  output.out << *text;
  return exit_ok;
}

Result<std::string> as_it_is(const std::string& body) {
  return std::string(trim(body)) + '\n';
}

}  // namespace

int status(const StatusCommand& command, const Environment& environment, WallTime now, const Output& output) {
  return ask(command, environment, output, "GET", "/v1/status", [&](const std::string& body) {
    return command.json ? as_it_is(body) : status_view(body, now, output.colour);
  });
}

int explain(const ExplainCommand& command, const Environment& environment, WallTime now,
            const Output& output) {
  return ask(command, environment, output, "GET", "/v1/explain?name=" + percent_encoded(command.name),
             [&](const std::string& body) { return explain_view(body, now, output.colour); });
}

int history(const HistoryCommand& command, const Environment& environment, const Output& output) {
  const std::string target =
      "/v1/history?name=" + percent_encoded(command.name) + "&limit=" + percent_encoded(command.limit);
  return ask(command, environment, output, "GET", target, [&](const std::string& body) {
    return command.json ? as_it_is(body) : history_view(body, output.colour);
  });
}

int incident(const IncidentCommand& command, const Environment& environment, const Output& output) {
  return ask(command, environment, output, "GET", "/v1/incident?id=" + percent_encoded(command.id),
             [&](const std::string& body) {
               return command.json ? as_it_is(body) : incident_view(body, output.colour);
             });
}

int order(const OperatorOrder& command, const Environment& environment, const Output& output) {
  const CommandForm& form = command.command->form;
  std::string by = command.by;
  for (const char* variable : {"SUDO_USER", "USER"})
    if (const auto user = environment.find(variable); by.empty() && user != environment.end())
      by = user->second;
  std::string target = fmt::format("/v1/{}?", form.name);
  target += command.name.empty() ? "all=1" : "name=" + percent_encoded(command.name);
  if (!command.length.empty()) target += "&for=" + percent_encoded(command.length);
  if (command.command->takes_operator && !by.empty()) target += "&by=" + percent_encoded(by);
  return ask(command, environment, output, "POST", target, [&](const std::string&) -> Result<std::string> {
    const std::string who = command.name.empty() ? "all" : printable(clip(command.name, 100));
    if (command.length.empty()) return fmt::format("{}: {}\n", who, form.done);
    return fmt::format("{}: {} {}\n", who, form.done_for, printable(clip(command.length, 100)));
  });
}

int test_notification(const TestNotificationCommand& command, const Environment& environment,
                      const Output& output) {
  const std::string target = "/v1/test-notification?" +
                             (command.name.empty() ? "all=1" : "channel=" + percent_encoded(command.name));
  bool all_delivered = false;
  const int code = ask(
      command, environment, output, "POST", target,
      [&](const std::string& body) -> Result<std::string> {
        auto view = test_notification_view(body, output.colour);
        if (!view) return tl::unexpected(std::move(view.error()));
        all_delivered = view->all_delivered;
        return command.json ? as_it_is(body) : std::move(view->text);
      },
      35s);  // the daemon waits for two requests of a channel, each of 10 s at most
  return code == exit_ok && !all_delivered ? exit_failed : code;
}

int healthcheck(const HealthcheckCommand& command, const Environment& environment, const Output& output) {
  const auto settings = load(environment, command.flags);
  if (!settings) {
    print_errors(settings.error(), output.err);
    return exit_failed;  // engines reserve 2 in a HEALTHCHECK
  }
  const auto answer = ask_health(settings->daemon);
  if (!answer) return failed(output.err, answer.error().message);
  if (answer->status != 200) return failed(output.err, unexpected(*answer));
  return exit_ok;
}

}  // namespace healer::cli
