#include "support/engine/scripted_engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include "support/engine/engine_api.hpp"
#include "support/engine/engine_json.hpp"

namespace healer::testing {
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr EngineTime second = 1'000'000'000;
constexpr std::size_t health_entries = 5;  // moby daemon/health.go keeps this many

std::string words_of(const std::vector<std::string>& command) {
  std::string text;
  for (const std::string& word : command) text += (text.empty() ? "" : " ") + word;
  return text;
}

int signal_of(const std::string& name) {
  static const std::map<std::string, int> known = {{"HUP", 1},  {"INT", 2},   {"QUIT", 3},
                                                   {"KILL", 9}, {"USR1", 10}, {"TERM", 15}};
  const auto found = known.find(name.starts_with("SIG") ? name.substr(3) : name);
  return found != known.end() ? found->second : std::atoi(name.c_str());
}

}  // namespace

ScriptedEngine::ScriptedEngine(std::string socket)
    : socket_(std::move(socket)),
      api_(std::make_unique<EngineApi>(*this)),
      timers_(std::make_unique<Timers>()) {
  listen();
}

ScriptedEngine::~ScriptedEngine() {
  timers_.reset();
  events_.close();
  server_.reset();
  for (ScriptedContainer& container : all_)
    for (auto& app : container.apps) app->down();
}

void ScriptedEngine::listen() {
  events_.open();
  server_ = ScriptedServer::on_unix(socket_, [this](Peer& peer) { api_->serve(peer); });
}

ScriptedContainer& ScriptedEngine::add(const std::string& name, const Make& make) {
  const Lock lock(mutex_);
  ScriptedContainer& container = all_.emplace_back();
  present_.push_back(&container);
  container.id = hex_id(name + std::to_string(++made_) + socket_);
  container.name = name;
  container.labels = make.labels;
  container.image = make.image;
  container.image_id = "sha256:" + (make.image_id.empty() ? hex_id(make.image) : make.image_id);
  container.policy = make.policy;
  container.environment = make.environment;
  container.check = make.check;
  container.auto_remove = make.auto_remove;
  container.state = make.state;
  container.created = engine_now() - 900 * second;
  if (make.state != "created") container.started = engine_now() - make.running_for.count() * second;
  if (!container.running() && make.state != "created") container.finished = engine_now() - second;
  if (container.check) {
    container.health = container.running() ? "healthy" : "starting";
    if (container.running()) note_health(container, {});
  }
  return container;
}

void ScriptedEngine::create(ScriptedContainer& container) {
  const Lock lock(mutex_);
  container.created = engine_now();
  emit(container, "create");
}

void ScriptedEngine::begin(ScriptedContainer& container) {
  container.state = "running";
  container.started = engine_now();
  container.exit_code = 0;
  container.out_of_memory = false;
  container.error.clear();
  for (const auto& call : container.on_start) call();
  for (auto& app : container.apps) app->up();
  if (!container.check) return;
  container.health = "starting";
  container.health_log.clear();
  container.failing_streak = 0;
  if (container.health_answer) schedule_check(container);
}

void ScriptedEngine::end(ScriptedContainer& container, int code) {
  container.state = "exited";
  container.exit_code = code;
  container.finished = engine_now();
  for (auto& [id, exec] : execs_)
    if (exec.container == &container && exec.running) exec_end(id, 137);
  for (auto& app : container.apps) app->down();
}

void ScriptedEngine::die(ScriptedContainer& container, int code) {
  end(container, code);
  emit(container, "die", {{"exitCode", std::to_string(code)}});
}

void ScriptedEngine::start(ScriptedContainer& container) {
  const Lock lock(mutex_);
  if (container.running()) return;
  begin(container);
  emit(container, "start");
  if (container.ends_at_once) die(container, *container.ends_at_once);
}

void ScriptedEngine::stop(ScriptedContainer& container, int code) {
  const Lock lock(mutex_);
  if (container.state == "restarting") container.state = "exited";
  if (!container.running()) return;
  emit(container, "kill", {{"signal", "15"}});
  die(container, code);
  emit(container, "stop");
}

void ScriptedEngine::restart(ScriptedContainer& container) {
  stop(container);
  std::this_thread::sleep_for(30ms);
  start(container);
  emit(container, "restart");
}

void ScriptedEngine::kill(ScriptedContainer& container, const std::string& signal, std::optional<int> code) {
  const Lock lock(mutex_);
  const int number = signal_of(signal);
  emit(container, "kill", {{"signal", std::to_string(number)}});
  if (number == 9 || number == 15 || code) die(container, code.value_or(128 + number));
}

void ScriptedEngine::pause(ScriptedContainer& container, bool on) {
  const Lock lock(mutex_);
  container.state = on ? "paused" : "running";
  emit(container, on ? "pause" : "unpause");
}

void ScriptedEngine::rename(ScriptedContainer& container, const std::string& name) {
  const Lock lock(mutex_);
  const std::string old = std::exchange(container.name, name);
  emit(container, "rename", {{"oldName", "/" + old}});
}

void ScriptedEngine::destroy(ScriptedContainer& container) {
  const Lock lock(mutex_);
  stop(container);
  std::erase(present_, &container);
  emit(container, "destroy");
}

void ScriptedEngine::crash(ScriptedContainer& container, int code, bool out_of_memory,
                           std::optional<std::chrono::milliseconds> delay) {
  const Lock lock(mutex_);
  const bool long_run = engine_now() - container.started > 10 * second;
  if (out_of_memory) {
    container.out_of_memory = true;
    emit(container, "oom");
  }
  die(container, code);
  const bool again = container.policy == "always" || container.policy == "unless-stopped" ||
                     (container.policy == "on-failure" && code != 0);
  if (!again) {
    if (container.auto_remove) destroy(container);
    return;
  }
  if (long_run) container.restart_count = 0;  // moby's delay starts anew after 10 s
  container.state = "restarting";
  const auto own = 100ms * (1 << std::min(container.restart_count, 9));
  timers_->after(delay.value_or(own), [this, &container] {
    const Lock lock(mutex_);
    if (container.state != "restarting") return;
    ++container.restart_count;
    begin(container);
    emit(container, "start");
  });
}

void ScriptedEngine::note_health(ScriptedContainer& container, CommandEnd result) {
  const EngineTime now = engine_now();
  container.failing_streak = result.code == 0 ? 0 : container.failing_streak + 1;
  container.health_log.push_back({now - second / 100, now, std::move(result)});
  if (container.health_log.size() > health_entries) container.health_log.erase(container.health_log.begin());
}

void ScriptedEngine::set_health(ScriptedContainer& container, const std::string& state, int code,
                                const std::string& output) {
  const Lock lock(mutex_);
  note_health(container, {code, output});
  if (std::exchange(container.health, state) != state) emit(container, "health_status: " + state);
}

void ScriptedEngine::run_healthcheck(ScriptedContainer& container, int code, const std::string& output) {
  const Lock lock(mutex_);
  const bool runs = container.health_answer.has_value();
  container.health_answer = CommandEnd{code, output};
  if (!runs && container.running()) schedule_check(container);
}

void ScriptedEngine::schedule_check(ScriptedContainer& container) {
  timers_->after(container.check->interval, [this, &container, instance = container.started] {
    const Lock lock(mutex_);
    check_health(container, instance);
  });
}

void ScriptedEngine::check_health(ScriptedContainer& container, EngineTime instance) {
  if (container.started != instance || !container.running()) return;
  if (container.state == "running") {
    const std::vector<std::string> command(container.check->test.begin() + 1, container.check->test.end());
    const std::string id = exec_begin(container, command);
    const CommandEnd result = *container.health_answer;
    exec_end(id, result.code);
    std::string state = container.health;
    const bool starting =
        state == "starting" &&
        engine_now() - instance < std::chrono::nanoseconds(container.check->start_period).count();
    const int failures = container.failing_streak + 1;
    if (result.code == 0)
      state = "healthy";
    else if (!starting && failures >= container.check->retries)
      state = "unhealthy";
    set_health(container, state, result.code, result.output);
    if (starting) container.failing_streak = 0;
  }
  schedule_check(container);
}

ScriptedExec& ScriptedEngine::new_exec(ScriptedContainer& container, const std::vector<std::string>& command,
                                       bool tty) {
  const std::string id = hex_id("exec " + std::to_string(++made_) + socket_);
  ScriptedExec& exec = execs_[id];
  exec = {id, &container, command, tty, false, std::nullopt};
  emit(container, "exec_create: " + words_of(command), {{"execID", id}});
  return exec;
}

std::string ScriptedEngine::exec_begin(ScriptedContainer& container, const std::vector<std::string>& command,
                                       bool tty) {
  const Lock lock(mutex_);
  ScriptedExec& exec = new_exec(container, command, tty);
  exec.running = true;
  emit(container, "exec_start: " + words_of(command), {{"execID", exec.id}});
  return exec.id;
}

void ScriptedEngine::exec_end(const std::string& id, int code) {
  const Lock lock(mutex_);
  ScriptedExec& exec = execs_.at(id);
  if (!exec.running) return;
  exec.running = false;
  exec.code = code;
  emit(*exec.container, "exec_die", {{"execID", id}, {"exitCode", std::to_string(code)}});
}

std::vector<std::string> ScriptedEngine::open_execs(const ScriptedContainer& container) const {
  std::vector<std::string> ids;
  for (const auto& [id, exec] : execs_)
    if (exec.container == &container && !exec.code) ids.push_back(id);
  return ids;
}

void ScriptedEngine::leave(ScriptedContainer& container, const std::string& network) {
  const Lock lock(mutex_);
  container.networks.erase(network);
  events_.add(network_event(container, network, "disconnect", engine_now()));
}

void ScriptedEngine::join(ScriptedContainer& container, const std::string& network,
                          const std::string& address) {
  const Lock lock(mutex_);
  container.networks[network] = address;
  events_.add(network_event(container, network, "connect", engine_now()));
}

void ScriptedEngine::log(ScriptedContainer& container, const std::string& line) {
  const Lock lock(mutex_);
  container.log.emplace_back(engine_now(), line);
}

void ScriptedEngine::change(const std::function<void()>& change) {
  const Lock lock(mutex_);
  change();
}

void ScriptedEngine::flood(std::size_t count) {
  const Lock lock(mutex_);
  ScriptedContainer stranger;
  stranger.id = hex_id("stranger " + socket_);
  stranger.name = "stranger";
  stranger.image = "busybox";
  for (std::size_t number = 0; number < count; ++number) emit(stranger, number % 2 == 0 ? "die" : "start");
}

void ScriptedEngine::emit(ScriptedContainer& container, const std::string& action, json::object attributes,
                          std::optional<EngineTime> at) {
  const Lock lock(mutex_);
  events_.add(container_event(container, action, std::move(attributes), at.value_or(engine_now())));
}

void ScriptedEngine::go_away(bool proxies, bool new_process) {
  events_.close();
  server_.reset();
  if (new_process) events_.forget();
  const Lock lock(mutex_);
  for (ScriptedContainer* container : present_)
    for (auto& app : container->apps)
      if (proxies) app->down(App::Side::Published);
}

void ScriptedEngine::come_back() {
  {
    const Lock lock(mutex_);
    for (ScriptedContainer* container : present_)
      for (auto& app : container->apps)
        if (container->running()) app->up(App::Side::Published);
  }
  listen();
}

std::vector<EngineOrder> ScriptedEngine::orders(const std::string& name) const {
  const Lock lock(mutex_);
  std::vector<EngineOrder> found;
  for (const EngineOrder& order : orders_)
    if (name.empty() || order.name == name) found.push_back(order);
  return found;
}

std::vector<EngineCall> ScriptedEngine::calls() const {
  const Lock lock(mutex_);
  return calls_;
}

std::vector<ScriptedContainer> ScriptedEngine::containers() const {
  const Lock lock(mutex_);
  std::vector<ScriptedContainer> all;
  for (const ScriptedContainer* container : present_) all.push_back(*container);
  return all;
}

void ScriptedEngine::lose_answers(LosesAnswer loses_answer) {
  const Lock lock(mutex_);
  loses_answer_ = std::move(loses_answer);
}

void ScriptedEngine::intercept(Intercept intercept) {
  const Lock lock(mutex_);
  intercept_ = std::move(intercept);
}

ScriptedContainer* ScriptedEngine::find(const std::string& reference) {
  constexpr std::size_t shortest_prefix = 4;
  const auto first = [&](auto fits) {
    const auto found = std::find_if(present_.begin(), present_.end(), fits);
    return found == present_.end() ? nullptr : *found;
  };
  if (auto* exact = first([&](const ScriptedContainer* one) {
        return one->id == reference || one->name == reference || "/" + one->name == reference;
      }))
    return exact;
  if (reference.size() < shortest_prefix) return nullptr;
  return first([&](const ScriptedContainer* one) { return one->id.starts_with(reference); });
}

}  // namespace healer::testing
