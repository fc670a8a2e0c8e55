// The variables of tmknight's docker-autoheal.
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "config/compat_reader.hpp"

namespace healer {
namespace {

class TmknightReader {
 public:
  explicit TmknightReader(CompatReader& reader) : in_(reader), compat_(reader.compat()) {}

  void read() {
    read_selection();
    read_timing();
    read_connection();
    read_webhook();
    read_script();
    note_logs();
  }

 private:
  void read_selection() {
    const std::string* all = in_.find("AUTOHEAL_MONITOR_ALL");
    if (!all) return;
    const std::string word = lower(trim(*all));
    if (word != "true" && word != "false") return in_.refuse("AUTOHEAL_MONITOR_ALL", *all, "true or false");
    if (word == "true") compat_.watch_all = true;
    in_.note("AUTOHEAL_MONITOR_ALL", *all,
             word == "true" ? "every container is watched that does not opt out; opting out always wins"
                            : "containers labelled autoheal.monitor.enable=true are watched");
  }

  void read_timing() {
    if (const std::string* stop = in_.find("AUTOHEAL_STOP_TIMEOUT"))
      in_.use(in_.settings().defaults, workload_settings(), "stop_timeout", "AUTOHEAL_STOP_TIMEOUT", *stop,
              trim(*stop), "passed with each restart, in the place of stop_grace_period");
    const auto delay = in_.seconds("AUTOHEAL_START_DELAY", 0, 86'400);
    if (!delay) return;
    const std::string& shown = *in_.find("AUTOHEAL_START_DELAY");
    if (in_.find("AUTOHEAL_START_PERIOD"))
      return in_.note("AUTOHEAL_START_DELAY", shown, "no effect: AUTOHEAL_START_PERIOD is set");
    compat_.first_look_after = *delay;
    in_.note("AUTOHEAL_START_DELAY", shown,
             *delay == 0s ? "containers are watched from the start"
                          : fmt::format("containers are first looked at after {}", format_duration(*delay)));
  }

  // --- the engine -----------------------------------------------------------------------------------------

  void read_connection() {
    // Its first versions were documented with a misspelt name.
    std::string name = "AUTOHEAL_CONNECTION_TYPE";
    if (!in_.find(name) && in_.find("AUTOHEAL_CONNECTON_TYPE")) name = "AUTOHEAL_CONNECTON_TYPE";
    const std::string* given = in_.find(name);
    const std::string type = given ? lower(trim(*given)) : "local";
    if (type == "http" || type == "ssl") return read_tcp(name, *given, type == "ssl");
    if (type != "local" && type != "socket") return in_.refuse(name, *given, "local, socket, http or ssl");
    if (given)
      in_.note(name, *given, "docker_host is used: the engine's unix socket, if DOCKER_HOST is not set");
    for (const char* unused :
         {"AUTOHEAL_TCP_HOST", "AUTOHEAL_TCP_PORT", "AUTOHEAL_TCP_TIMEOUT", "AUTOHEAL_PEM_PATH",
          "AUTOHEAL_KEY_PATH", "AUTOHEAL_CERT_PATH", "AUTOHEAL_CA_PATH"})
      if (const std::string* value = in_.find(unused))
        in_.note(unused, *value,
                 "no effect: AUTOHEAL_CONNECTION_TYPE is not http or ssl; DOCKER_HOST sets the engine");
  }

  void read_tcp(const std::string& name, const std::string& shown, bool tls) {
    std::string host(trim(in_.find("AUTOHEAL_TCP_HOST") ? *in_.find("AUTOHEAL_TCP_HOST") : "localhost"));
    if (host.find(':') != std::string::npos && !host.starts_with('[')) host = "[" + host + "]";
    const std::string* port = in_.find("AUTOHEAL_TCP_PORT");
    if (port && !kinds::read_whole(trim(*port), 1, 65'535))
      return in_.refuse("AUTOHEAL_TCP_PORT", *port, "a port from 1 to 65535");
    const std::string address =
        fmt::format("tcp://{}:{}", host, port ? trim(*port) : std::string_view(tls ? "2376" : "2375"));
    auto& daemon = in_.settings().daemon;
    const std::vector<const char*> unused{"AUTOHEAL_KEY_PATH", "AUTOHEAL_CERT_PATH", "AUTOHEAL_CA_PATH"};
    for (const char* each : unused)
      if (const std::string* file = tls ? in_.find(each) : nullptr)
        in_.refuse(
            each, *file,
            "AUTOHEAL_PEM_PATH or DOCKER_CERT_PATH in its place: a folder of ca.pem, cert.pem and key.pem");
    if (!in_.use(daemon, daemon_settings(), "docker_host", name, shown, address,
                 fmt::format("the engine is {}{}", shown_value(address), tls ? ", by TLS" : "")))
      return;
    for (const char* each : {"AUTOHEAL_TCP_HOST", "AUTOHEAL_TCP_PORT"})
      if (const std::string* value = in_.find(each)) in_.note(each, *value, "a part of the engine's address");
    if (const std::string* limit = in_.find("AUTOHEAL_TCP_TIMEOUT"))
      in_.note("AUTOHEAL_TCP_TIMEOUT", *limit, "no effect: healer has its own limit, and tries again");
    if (!tls) return;
    const std::string* folder = in_.find("AUTOHEAL_PEM_PATH");
    const std::string path = folder ? *folder : "/opt/docker-autoheal/tls";
    const char* origin = folder ? "AUTOHEAL_PEM_PATH" : name.c_str();
    in_.apply(daemon, daemon_settings(), "docker_tls_verify", name, shown, "true");
    in_.use(daemon, daemon_settings(), "docker_cert_path", origin, folder ? *folder : shown, path,
            fmt::format("ca.pem, cert.pem and key.pem are read in {}", shown_value(path)));
  }

  // --- after a remedy -------------------------------------------------------------------------------------

  void read_webhook() {
    if (const std::string* key = in_.find("AUTOHEAL_WEBHOOK_KEY")) {
      const bool other = in_.find("WEBHOOK_JSON_KEY") != nullptr;
      if (!other) compat_.webhook_key = *key;
      in_.note("AUTOHEAL_WEBHOOK_KEY", *key,
               other ? "no effect: WEBHOOK_JSON_KEY is set" : "the name of the webhook's only field");
    }
    if (in_.find("AUTOHEAL_WEBHOOK_URL") && !compat_.webhook.empty())
      in_.note("AUTOHEAL_WEBHOOK_URL", "<redacted>", "no effect: WEBHOOK_URL is set");
    else
      in_.url(
          "AUTOHEAL_WEBHOOK_URL", compat_.webhook, compat_.webhook_variable,
          fmt::format("notified with {{\"{}\": text}} after a restart that helped, and when healer gives up",
                      shown_value(compat_.webhook_key)));
    if (in_.find("AUTOHEAL_APPRISE_URL") && !compat_.apprise.empty())
      in_.note("AUTOHEAL_APPRISE_URL", "<redacted>", "no effect: APPRISE_URL is set");
    else
      in_.url("AUTOHEAL_APPRISE_URL", compat_.apprise, compat_.apprise_variable,
              "notified after a restart that helped, and when healer gives up");
  }

  void read_script() {
    const std::string* script = in_.find("AUTOHEAL_POST_ACTION");
    if (!script) return;
    if (script->front() != '/') return in_.refuse("AUTOHEAL_POST_ACTION", *script, "an absolute path");
    if (!compat_.restart_script.empty())
      return in_.note("AUTOHEAL_POST_ACTION", *script, "no effect: POST_RESTART_SCRIPT is set");
    compat_.restart_script = *script;
    compat_.script_without_state = true;
    in_.note(
        "AUTOHEAL_POST_ACTION", *script,
        "runs after each remedy with the container's name, id and stop timeout; ended after hook_timeout");
  }

  void note_logs() {
    for (const char* name : {"AUTOHEAL_LOG_ALL", "AUTOHEAL_LOG_EXCLUDED"})
      if (const std::string* value = in_.find(name))
        in_.note(name, *value, "always so here: a container whose restart is off is logged and notified");
    for (const char* name : {"AUTOHEAL_LOG_PERSIST", "AUTOHEAL_HISTORY"})
      if (const std::string* value = in_.find(name))
        in_.note(name, *value, "always so here: every incident is stored, and `healer history` shows it");
  }

  CompatReader& in_;
  CompatSettings& compat_;
};

}  // namespace

void read_tmknight_variables(CompatReader& reader) {
  TmknightReader(reader).read();
}

}  // namespace healer
