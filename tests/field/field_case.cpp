#include "field/field_case.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>
#include <thread>
#include <utility>

#include "support/certificates.hpp"

namespace healer::testing {
namespace {

/// For what is to come: a machine may be loaded.
constexpr auto longest_wait = 180s;

bool exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0;
}

/// N of a net 127.N.0.0 that no other test process uses now: each process holds an abstract socket of its net
/// until it ends.
unsigned free_loopback_net() {
  constexpr unsigned first = 16;
  constexpr unsigned nets = 200;
  const unsigned begin = static_cast<unsigned>(::getpid()) % nets;
  for (unsigned tried = 0; tried < nets; ++tried) {
    const unsigned net = first + (begin + tried) % nets;
    const std::string name = "healer-field-net-" + std::to_string(net);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address.sun_path + 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const int held = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(held, reinterpret_cast<const sockaddr*>(&address), size) == 0) return net;
    ::close(held);
  }
  throw NotInTime("no loopback net is free: 200 test processes run");
}

bool makes_an_instance(const EngineOrder& order) {
  return order.verb == "restart" || order.verb == "start" || order.verb == "create";
}

bool opts(const Labels& labels) {
  return labels.contains("monitored") || labels.contains("healer.enable") || labels.contains("autoheal");
}

}  // namespace

FieldCase::FieldCase()
    : engine_(folder_.file("engine.sock")), exceptions_before_(std::uncaught_exceptions()) {
  canary_ = &container("canary", {.labels = {{"healer.interval", "400ms"}}});
  heals_by_restart(*canary_);
}

FieldCase::~FieldCase() {
  if (failed_ || std::uncaught_exceptions() > exceptions_before_) std::cerr << report() << std::endl;
  healer_.reset();
}

std::string FieldCase::new_address() {
  constexpr unsigned in_a_net = 250;
  static const unsigned net = free_loopback_net();
  static unsigned made = 0;
  ++made;
  return "127." + std::to_string(net) + "." + std::to_string(made / in_a_net) + "." +
         std::to_string(2 + made % in_a_net);
}

ScriptedContainer& FieldCase::container(const std::string& name, const Make& make) {
  Make complete = make;
  if (make.watched && !opts(make.labels)) complete.labels["monitored"] = "true";
  ScriptedContainer& made = engine_.add(name, complete);
  made.address = new_address();
  made.networks["bridge"] = made.address;
  if (make.serves) serve(made, make.port, make.published);
  return made;
}

App& FieldCase::serve(ScriptedContainer& container, std::uint16_t port, bool published,
                      std::optional<ScriptedServer::Tls> tls) {
  const auto app = std::make_shared<App>(std::move(tls));
  if (container.running()) app->up();
  app->add_place(container.address, port);
  engine_.change([&] {
    container.exposed.insert(port);
    if (published)
      container.ports.push_back({port, "127.0.0.1", app->add_place("127.0.0.1", 0, App::Side::Published)});
    container.apps.push_back(app);
  });
  return *app;
}

void FieldCase::heals_by_restart(ScriptedContainer& container) {
  engine_.change([&] { container.on_start.push_back([&container] { container.app().say(200); }); });
}

ScriptedContainer& FieldCase::deploy(const std::string& name, Make make,
                                     const std::function<void(ScriptedContainer&)>& prepare) {
  make.state = "created";
  ScriptedContainer& made = container(name, make);
  if (prepare) prepare(made);
  engine_.create(made);
  engine_.start(made);
  return made;
}

ScriptedContainer& FieldCase::replace(ScriptedContainer& old, const Make& make,
                                      const std::function<void(ScriptedContainer&)>& prepare) {
  const std::string name = old.name;
  engine_.destroy(old);
  return deploy(name, make, prepare);
}

HealerProcess& FieldCase::start(const Settings& more) {
  Settings settings = {{"HEALER_STATE", file("healer.db")},
                       {"HEALER_ADMIN_SOCKET", file("healer.sock")},
                       {"HEALER_LISTEN", "127.0.0.1:0"},
                       {"HEALER_HOST_NAME", "field-host"},
                       {"HOME", folder_.path()},
                       {"LOG_FORMAT", "text"},
                       {"DOCKER_HOST", engine_.host()},
                       {"CHECK_INTERVAL", "1s"},
                       {"FAST_INTERVAL", "250ms"},
                       {"REQUEST_TIMEOUT", "900ms"},
                       {"FAILURE_THRESHOLD", "2"},
                       {"START_PERIOD", "0s"},
                       {"HEALER_RESYNC_INTERVAL", "3s"},
                       {"NOTIFICATION_COOLDOWN", "0s"},
                       {"NOTIFICATION_WEBHOOK_URL", sink_.url()},
                       {"NOTIFICATION_WEBHOOK_GAP", "0s"},
                       {"MASS_SHARE", "1"},
                       {"REMEDY_SHARE", "1"},
                       {"HOST_PRESSURE_LIMIT", "0"}};
  if (const char* path = std::getenv("PATH")) settings["PATH"] = path;
  for (const auto& [name, value] : more) {
    if (value.empty())
      settings.erase(name);
    else
      settings[name] = value;
  }
  healer_ = std::make_unique<HealerProcess>(settings, folder_.path());
  const unsigned streams = engine_.event_streams();
  const std::size_t checks = canary_->app().checks();
  healer_->start();
  wait_until(
      "healer watches the engine and checks the canary",
      [&] {
        if (healer_->died()) throw NotInTime("healer ended at its start");
        return engine_.event_streams() > streams && exists(file("healer.sock")) &&
               canary_->app().checks() > checks;
      },
      longest_wait);
  return *healer_;
}

void FieldCase::stop_healer() {
  healer_->process().signal(SIGTERM);
  healer_->process().wait(longest_wait);
}

bool FieldCase::holds(const std::function<bool()>& condition, std::chrono::seconds limit) const {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(50ms);
  }
  return true;
}

void FieldCase::checked(const ScriptedContainer& container, unsigned more) {
  const std::size_t before = container.app().checks();
  wait_until(
      container.name + " is checked " + std::to_string(more) + " more times",
      [&] { return container.app().checks() >= before + more; }, longest_wait);
}

void FieldCase::canary_checks(unsigned more) {
  checked(*canary_, more);
}

bool FieldCase::expect(bool good, const std::string& otherwise) {
  if (!good) failed_ = true;
  CHECK_MESSAGE(good, otherwise);
  return good;
}

std::size_t FieldCase::orders(const std::string& name) const {
  return engine_.orders(name).size();
}

bool FieldCase::untouched(const std::vector<std::string>& names, unsigned checks) {
  const std::size_t before = canary_->app().checks();
  const auto any = [&] {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return orders(name) > 0; });
  };
  wait_until("healer goes on checking the canary",
             [&] { return canary_->app().checks() >= before + checks || any(); });
  bool good = true;
  for (const std::string& name : names) {
    const std::vector<EngineOrder> given = engine_.orders(name);
    good &= expect(given.empty(), name + ": " + std::to_string(given.size()) + " order(s), the first is " +
                                      (given.empty() ? "" : given.front().verb));
  }
  return good;
}

bool FieldCase::healed(const std::string& name, std::size_t before) {
  return expect(holds(
                    [&] {
                      const std::vector<EngineOrder> given = engine_.orders(name);
                      return given.size() > before &&
                             std::any_of(given.begin() + static_cast<std::ptrdiff_t>(before), given.end(),
                                         makes_an_instance);
                    },
                    longest_wait),
                name + ": no remedy");
}

bool FieldCase::attempted_at_most(const std::string& name, std::size_t most, unsigned checks) {
  const auto attempts = [&] {
    const std::vector<EngineOrder> given = engine_.orders(name);
    return static_cast<std::size_t>(std::count_if(given.begin(), given.end(), makes_an_instance));
  };
  const std::size_t before = canary_->app().checks();
  wait_until("healer goes on checking the canary",
             [&] { return canary_->app().checks() >= before + checks || attempts() > most; });
  return expect(attempts() <= most, name + ": " + std::to_string(attempts()) + " attempts");
}

bool FieldCase::notified(const std::string& name, const std::string& expression) {
  return expect(holds([&] { return !sink_.about(name, expression).empty(); }, longest_wait),
                "no notification about " + name + " contains /" + expression + "/");
}

bool FieldCase::notified_at_most(const std::string& name, std::size_t most) {
  const std::size_t count = sink_.about(name).size();
  return expect(count <= most, std::to_string(count) + " notifications about " + name);
}

bool FieldCase::hinted(const std::string& name, const std::string& expression) {
  const auto says = [&] {
    if (!sink_.about(name, expression).empty()) return true;
    std::istringstream lines(healer_->command({"status"}).output);
    for (std::string line; std::getline(lines, line);)
      if (says_of(line, name, expression)) return true;
    return says_of(boost::json::serialize(healer_->workload(name)), name, expression) ||
           says_of(name + "\n" + healer_->command({"explain", name}).output, name, expression);
  };
  const auto end = std::chrono::steady_clock::now() + longest_wait;
  bool found = says();
  while (!found && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(500ms);  // each look runs three commands
    found = says();
  }
  return expect(found, "nothing that healer says of " + name + " contains /" + expression + "/");
}

bool FieldCase::has_condition(const std::string& name, const std::string& condition) {
  std::string last;
  const auto end = std::chrono::steady_clock::now() + longest_wait;
  while ((last = healer_->condition(name)) != condition && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(300ms);
  return expect(last == condition, name + " is \"" + last + "\" for healer, not \"" + condition + "\"");
}

bool FieldCase::canary_is_healed() {
  const std::size_t before = orders("canary");
  canary_->app().say(503);
  return healed("canary", before);
}

std::string FieldCase::report() const {
  constexpr std::size_t most_of_the_log = 6000;
  std::string text = "--- orders:";
  for (const EngineOrder& order : engine_.orders()) text += " " + order.verb + " " + order.name + ";";
  text += "\n--- notifications\n";
  for (const std::string& one : sink_.texts()) text += one.substr(0, 400) + "\n";
  if (!healer_) return text;
  const std::string log = healer_->whole_log();
  text +=
      log.size() > most_of_the_log ? "--- end of the log\n" + log.substr(log.size() - most_of_the_log) : log;
  return text;
}

Labels compose_labels(const std::string& project, const std::string& service, unsigned number) {
  return {{"com.docker.compose.project", project},
          {"com.docker.compose.service", service},
          {"com.docker.compose.container-number", std::to_string(number)},
          {"com.docker.compose.config-hash", hex_id(project + service)},
          {"com.docker.compose.oneoff", "False"}};
}

ScriptedServer::Tls server_tls(bool demands_client_certificate) {
  static const Certificates certificates;
  ScriptedServer::Tls tls;
  tls.certificate = certificates.file("server.pem");
  tls.key = certificates.file("server-key.pem");
  if (demands_client_certificate) tls.client_ca = certificates.file("ca.pem");
  return tls;
}

}  // namespace healer::testing
