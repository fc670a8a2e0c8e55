#include "app/daemon.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include "alert/confirmation.hpp"
#include "api/http_api.hpp"
#include "api/metrics.hpp"
#include "app/alert_places.hpp"
#include "app/channels.hpp"
#include "app/connectivity_address.hpp"
#include "app/daemon_observer.hpp"
#include "app/engine_access.hpp"
#include "app/log.hpp"
#include "app/own_container.hpp"
#include "app/probers.hpp"
#include "app/prometheus_rules.hpp"
#include "app/proxy_warnings.hpp"
#include "app/prune_limits.hpp"
#include "app/real_host.hpp"
#include "app/skipped_objects.hpp"
#include "app/webhook_remedy.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "cli/commands.hpp"
#include "config/compat.hpp"
#include "config/host_policy.hpp"
#include "config/policy_resolver.hpp"
#include "hook/process_hook.hpp"
#include "net/curl_client.hpp"
#include "net/http_server.hpp"
#include "net/loop.hpp"
#include "net/signals.hpp"
#include "notify/outbox.hpp"
#include "present/status.hpp"
#include "replay/recorder.hpp"
#include "runtime/runtime.hpp"
#include "store/sqlite_store.hpp"

namespace healer {
namespace {

/// healer must end within a second after SIGTERM; records not written by then are in the store's queue.
constexpr Duration shutdown_limit = 700ms;
constexpr Duration prune_interval = 24h;
constexpr Duration first_prune = 60s;

std::string machine_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "this host";
}

HookSettings hooks_of(const DaemonSettings& settings) {
  return {settings.hooks.before, settings.hooks.after, settings.hooks.timeout, settings.compat.restart_script,
          settings.compat.script_without_state};
}

/// All parts of the daemon. Members are destroyed from the last to the first, so each stands below the
/// members that it uses.
class Daemon {
 public:
  Daemon(cli::RunCommand command, Environment environment, Settings settings, bool json_log)
      : command_(std::move(command)),
        environment_(std::move(environment)),
        settings_(std::move(settings)),
        log_(json_log, settings_.daemon.log_level),
        observer_(log_, metrics_, settings_.daemon.dry_run),
        host_(loop_) {}

  int run();

 private:
  bool open_store();
  bool open_engine();
  bool open_prober();
  bool open_channels();
  bool listen();
  bool listen_admin();
  void begin();
  void start_looking();
  void begin_recording(const HostPolicy& policy, std::uint64_t seed);
  void on_signal(int number);
  void reload();
  void prune();
  HostPolicy policy_of_host() const;
  void set_host_policy();
  ChannelParts channel_parts();
  std::string container_id_of(const std::string& name);
  /// Whether the incident is open; true while that is not known yet.
  bool is_open(IncidentId incident);
  Runtime::Resolve resolver_of(const Policy& defaults);
  ApiSources api_sources();
  AlertApi alert_api();
  AlertPlaces places() { return alert_places(settings_.daemon, host_name(), *runtime_); }
  Snapshot snapshot();
  std::string host_name() const {
    return settings_.daemon.host.host_name.empty() ? machine_name() : settings_.daemon.host.host_name;
  }
  bool fatal(const std::string& message) {
    log_.write(LogLevel::Error, message);
    return false;
  }

  cli::RunCommand command_;
  Environment environment_;
  Settings settings_;
  Log log_;
  Metrics metrics_;
  DaemonObserver observer_;
  net::Loop loop_;
  RealHost host_;
  StoredState stored_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<net::CurlClient> curl_;
  std::unique_ptr<Engine> engine_;
  SkippedObjects skipped_{log_, metrics_};
  std::unique_ptr<Probers> probers_;
  std::unique_ptr<net::Timer> outbox_alarm_;
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<ChannelTester> channel_tester_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<ProcessHook>
      hooks_;  ///< below the runtime: destroyed first, so it never calls a destroyed runtime
  std::unique_ptr<PrometheusRules> rules_;
  std::unique_ptr<AlertConfirmation> confirmation_;
  std::unique_ptr<net::Timer> first_look_timer_;
  std::unique_ptr<HttpApi> api_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<net::HttpServer> admin_;
  ConnectivityAddress connectivity_{loop_, log_, settings_.daemon, [this] { set_host_policy(); }};
  std::unique_ptr<net::Timer> prune_timer_;
  std::unique_ptr<net::Timer> shutdown_timer_;
  std::unique_ptr<net::Signals> signals_;
};

bool Daemon::open_store() {
  auto opened = SqliteStore::open(
      settings_.daemon.state_path, [this](std::function<void()> work) { loop_.post(std::move(work)); },
      host_.now(), [this](const std::string& text) { log_.write(LogLevel::Warning, text); });
  if (!opened) return fatal(opened.error().message);
  if (opened->warning) log_.write(LogLevel::Warning, *opened->warning);
  store_ = std::move(opened->store);
  stored_ = std::move(opened->state);
  return true;
}

bool Daemon::open_engine() {
  auto engine = open_docker(loop_, settings_.daemon.docker, environment_);
  if (!engine) return fatal(engine.error().message);
  engine_ = std::move(*engine);
  engine_->on_skipped([this](const SkippedObject& skipped) { skipped_.report(skipped); });
  return true;
}

bool Daemon::open_prober() {
  const auto sink = [this](ProbeId id, ProbeFacts facts) {
    if (runtime_) runtime_->probe_finished(id, std::move(facts));
  };
  const auto workload_of = [this](ProbeId id) { return runtime_->workload_of(id); };
  auto probers = Probers::open({loop_, host_, *engine_, log_, sink, workload_of}, settings_.daemon.limits);
  if (!probers) return fatal(probers.error().message);
  probers_ = std::move(*probers);
  return true;
}

ChannelParts Daemon::channel_parts() {
  NotifierTools tools{*curl_, loop_, [this](std::function<void()> work) { loop_.post(std::move(work)); },
                      [this]() { return host_.now(); },
                      [this](IncidentId incident) { return is_open(incident); }};
  return {std::move(tools), [this](const std::string& name) { return container_id_of(name); }};
}

bool Daemon::is_open(IncidentId incident) {
  if (!runtime_ || !runtime_->ready()) return true;
  const auto workloads = present::status(runtime_->supervisor(), host_.now());
  return std::any_of(workloads.begin(), workloads.end(),
                     [&](const WorkloadStatus& each) { return each.incident == incident; });
}

std::string Daemon::container_id_of(const std::string& name) {
  for (const WorkloadStatus& each : present::status(runtime_->supervisor(), host_.now()))
    if (each.name == name) return each.container_id;
  return {};
}

bool Daemon::open_channels() {
  const net::CurlTrust trust = net::CurlTrust::from_environment();
  if (const std::string problem = trust.problem(); !problem.empty())
    log_.write(LogLevel::Warning,
               "SSL_CERT_FILE: " + problem + "; only the system's authorities are trusted");
  auto curl = net::CurlClient::create(loop_, trust);
  if (!curl) return fatal(curl.error().message);
  curl_ = std::move(*curl);
  auto channels = make_channels(settings_.daemon, channel_parts());
  if (!channels) return fatal(channels.error().message);

  outbox_alarm_ = std::make_unique<net::Timer>(loop_);
  OutboxHost host;
  host.now = [this]() { return host_.now(); };
  host.seed = host_.seed();
  host.set_alarm = [this](Instant at, std::function<void()> work) {
    outbox_alarm_->set(host_.steady(at), std::move(work));
  };
  host.commit = [this](std::vector<Record> records, std::function<void()> then) {
    runtime_->journal().write(std::move(records), std::move(then));
  };
  host.log = [this](const LogLine& line) { observer_.log(line); };
  outbox_ = std::make_unique<Outbox>(std::move(host));
  outbox_->set_channels(std::move(*channels));
  channel_tester_ = std::make_unique<ChannelTester>(channel_parts());
  return true;
}

Runtime::Resolve Daemon::resolver_of(const Policy& defaults) {
  return [resolver = std::make_shared<PolicyResolver>(defaults, label_rules(settings_.daemon))](
             const std::string& name, const std::string& service,
             const std::map<std::string, std::string>& labels) {
    return resolver->resolve(labels, {name, service});
  };
}

Snapshot Daemon::snapshot() {
  Snapshot snapshot;
  snapshot.now = host_.now();
  snapshot.host = host_name();
  snapshot.dry_run = settings_.daemon.dry_run;
  snapshot.engine_up = runtime_->connected();
  snapshot.engine_description = runtime_->engine_description();
  snapshot.engine_guarded = runtime_->engine_guarded();
  snapshot.store = store_->location();
  snapshot.workloads = present::status(runtime_->supervisor(), snapshot.now);
  snapshot.host_status = present::host_status(runtime_->supervisor(), snapshot.now);
  snapshot.notifications_pending = outbox_->pending();
  snapshot.channels = outbox_->status();
  snapshot.rules = rules_->status();
  snapshot.loop_lag = observer_.worst_lag();
  snapshot.stuck_execs = probers_->stuck();
  snapshot.waiting_checks = probers_->waiting();
  return snapshot;
}

ApiSources Daemon::api_sources() {
  ApiSources sources;
  sources.snapshot = [this]() { return snapshot(); };
  sources.readiness = [this]() -> Readiness {
    if (!runtime_->connected()) return {false, "the engine does not answer"};
    if (!runtime_->ready()) return {false, "the first look at all containers is not done"};
    if (auto why = runtime_->blind()) return {false, std::move(*why)};
    return {true, {}};
  };
  sources.command = [this](OperatorCommand command) { return runtime_->command(std::move(command)); };
  sources.explain = [this](const std::string& key) { return runtime_->explain(key); };
  sources.history = [this](HistoryQuery query, auto done) {
    store_->history(std::move(query), std::move(done));
  };
  sources.incident = [this](IncidentId id, auto done) { store_->incident(id, std::move(done)); };
  sources.test_notification = [this](const std::string& channel, auto done) {
    return channel_tester_->begin(settings_.daemon, channel, host_name(), std::move(done));
  };
  return sources;
}

AlertApi Daemon::alert_api() {
  AlertApi::Parts parts;
  parts.settings = [this]() {
    const DaemonSettings& daemon = settings_.daemon;
    return AlertSettings{daemon.alerts.token, alert_labels(daemon), daemon.alerts.targets, daemon.alerts.act,
                         places()};
  };
  const ApiSources sources = api_sources();
  parts.snapshot = sources.snapshot;
  parts.readiness = sources.readiness;
  parts.report = [this](AlertReported alert) { return runtime_->alert(std::move(alert)); };
  parts.count = [this](AlertResult result) { metrics_.count_alert("alertmanager", result); };
  return AlertApi(std::move(parts));
}

bool Daemon::listen() {
  if (!settings_.daemon.listen) return true;
  api_->allow_hosts(settings_.daemon.allowed_hosts);
  net::HttpServerLimits limits;
  limits.body = 1 << 20;  // bytes; Alertmanager's groups can be large
  auto server =
      net::HttpServer::listen_tcp(loop_, to_string(*settings_.daemon.listen), api_->public_handler(), limits);
  if (!server) return fatal(server.error().message);
  server_ = std::move(*server);
  log_.write(LogLevel::Info,
             fmt::format("listening on http://{}/ (metrics, healthz, readyz)", server_->address()));
  return true;
}

bool Daemon::listen_admin() {
  const std::string& path = settings_.daemon.admin_socket;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  auto admin = net::HttpServer::listen_unix(loop_, path, api_->admin_handler());
  if (admin) {
    admin_ = std::move(*admin);
    return true;
  }
  // Conflict: another healer answers on the socket, and two must not heal the same containers. Any other
  // error only disables commands such as `healer status`.
  if (admin.error().code == ErrorCode::Conflict) return fatal(admin.error().message);
  log_.write(LogLevel::Warning, admin.error().message + "; `healer status` and `healer reset` will not work");
  return true;
}

void Daemon::begin() {
  RuntimeSettings settings;
  settings.host = policy_of_host();
  settings.own_container_id = own_container_id();
  settings.dry_run = settings_.daemon.dry_run;
  settings.resync_interval = settings_.daemon.resync_interval;
  settings.hooks = hooks_of(settings_.daemon);
  settings.excluded = settings_.daemon.compat.excluded;
  settings.pressure_folder = "/proc/pressure";
  hooks_ = std::make_unique<ProcessHook>(loop_, environment_);
  Runtime::Parts parts{host_,
                       *engine_,
                       probers_->prober(),
                       *store_,
                       observer_,
                       resolver_of(settings_.defaults),
                       [this](const RoutedNotification& notification) { outbox_->add(notification); },
                       [this](WebhookCall call, std::function<void(Result<void>)> done) {
                         post_webhook(*curl_, std::move(call), std::move(done));
                       },
                       hooks_.get(),
                       [this](const ConfirmAlert& alert, AlertConfirmation::Done done) {
                         confirmation_->ask(alert, std::move(done));
                       }};
  settings.seed = host_.seed();
  begin_recording(settings.host, settings.seed);
  runtime_ = std::make_unique<Runtime>(std::move(settings), std::move(parts), stored_);
  outbox_->restore(stored_.pending_notifications, stored_.pending_deliveries, stored_.receipts);
  stored_ = {};
  rules_ = make_prometheus_rules(
      {loop_, *curl_, host_, *runtime_, metrics_, log_, settings_.daemon, [this] { return places(); }});
  confirmation_ = std::make_unique<AlertConfirmation>(AlertConfirmation::Parts{
      loop_, *curl_, [this] { return settings_.daemon.alerts.alertmanager_url; },
      [this](const std::string& rule, const std::string& workload, AlertConfirmation::Done done) {
        rules_->confirm(rule, workload, std::move(done));
      }});
  api_ = std::make_unique<HttpApi>(metrics_, api_sources(), alert_api());
}

void Daemon::begin_recording(const HostPolicy& policy, std::uint64_t seed) {
  if (settings_.daemon.recording.file.empty()) return;
  replay::RecorderSettings settings;
  settings.path = settings_.daemon.recording.file;
  settings.limit = settings_.daemon.recording.size;
  settings.version = version;
  settings.post = [this](std::function<void()> work) { loop_.post(std::move(work)); };
  settings.log = [this](LogLevel level, const std::string& message) { log_.write(level, message); };
  auto recorder = replay::Recorder::begin(std::move(settings), host_.now(), seed, policy, stored_);
  // Healing goes on without a recording.
  if (!recorder) return log_.write(LogLevel::Error, recorder.error().message);
  log_.write(LogLevel::Info, fmt::format("recording every event to {}", settings_.daemon.recording.file));
  observer_.record_to(std::move(*recorder));
}

void Daemon::prune() {
  prune_timer_->set_after(prune_interval, [this]() { prune(); });
  store_->prune(prune_limits(settings_.daemon, host_.now()), [this](Result<void> result) {
    if (!result) observer_.store_failed(result.error());
  });
}

HostPolicy Daemon::policy_of_host() const {
  HostPolicy policy = host_policy(settings_.daemon, host_name(), connectivity_.value());
  policy.channels = outbox_->channel_names();
  policy.slot_limit = 2 * settings_.defaults.retry.verify_limit;
  return policy;
}

void Daemon::set_host_policy() {
  runtime_->set_host_policy(policy_of_host());
}

/// Starts watching, after AUTOHEAL_START_PERIOD if that is set.
void Daemon::start_looking() {
  const Duration wait = settings_.daemon.compat.first_look_after;
  if (wait == Duration{0}) return runtime_->start();
  log_.write(LogLevel::Info, fmt::format("the containers are first looked at in {}", format_duration(wait)));
  first_look_timer_ = std::make_unique<net::Timer>(loop_);
  first_look_timer_->set_after(wait, [this]() {
    if (!shutdown_timer_) runtime_->start();
  });
}

int Daemon::run() {
  log_.write(LogLevel::Info,
             fmt::format("healer {} starts on {}{}", version, host_name(),
                         settings_.daemon.dry_run ? " (dry run: no container is changed)" : ""));
  if (command_.as_autoheal)
    for (const std::string& line : autoheal_greeting(environment_)) log_.write(LogLevel::Info, line);
  for (const std::string& note : settings_.notes) log_.write(LogLevel::Info, note);
  for (const std::string& warning : settings_.warnings) log_.write(LogLevel::Warning, warning);
  for (const std::string& warning : proxy_warnings(settings_.daemon, environment_))
    log_.write(LogLevel::Warning, warning);
  if (!open_store() || !open_engine() || !open_prober() || !open_channels()) return cli::exit_failed;
  begin();
  if (!listen_admin() || !listen()) return cli::exit_failed;
  signals_ = std::make_unique<net::Signals>(loop_, std::initializer_list<int>{SIGTERM, SIGINT, SIGHUP},
                                            [this](int number) { on_signal(number); });
  prune_timer_ = std::make_unique<net::Timer>(loop_);
  prune_timer_->set_after(first_prune, [this]() { prune(); });
  connectivity_.find();
  start_looking();
  loop_.run();
  log_.write(LogLevel::Info, "healer ends");
  return cli::exit_ok;
}

void Daemon::on_signal(int number) {
  if (number == SIGHUP) return reload();
  if (shutdown_timer_) return loop_.stop();  // second signal: stop at once
  log_.write(LogLevel::Info, fmt::format("{} received, writing down what is under way",
                                         number == SIGINT ? "SIGINT" : "SIGTERM"));
  shutdown_timer_ = std::make_unique<net::Timer>(loop_);
  shutdown_timer_->set_after(shutdown_limit, [this]() { loop_.stop(); });
  runtime_->shut_down([this]() { loop_.stop(); });
}

void Daemon::reload() {
  auto loaded = load(environment_, command_.flags);
  if (!loaded) {
    for (const ConfigError& error : loaded.error())
      log_.write(LogLevel::Error, "configuration not reloaded: " + describe(error));
    return;
  }
  DaemonSettings next = settings_.daemon;
  const auto kept = take_reloadable(next, loaded->daemon);
  auto channels = make_channels(next, channel_parts());
  if (!channels) {
    log_.write(LogLevel::Error, "configuration not reloaded: " + channels.error().message);
    return;
  }
  for (const std::string& warning : loaded->warnings) log_.write(LogLevel::Warning, warning);
  for (const std::string& warning : proxy_warnings(next, environment_))
    log_.write(LogLevel::Warning, warning);
  for (const std::string_view key : kept)
    log_.write(LogLevel::Warning, fmt::format("the new value of {} holds after a restart", key));
  const bool other_connectivity = settings_.daemon.connectivity != next.connectivity;
  settings_.defaults = std::move(loaded->defaults);
  settings_.daemon = std::move(next);
  log_.set_least(settings_.daemon.log_level);
  outbox_->set_channels(std::move(*channels));
  rules_->set(settings_.daemon.prometheus);
  runtime_->set_hooks(hooks_of(settings_.daemon));
  probers_->set_rates(settings_.daemon.limits);
  set_host_policy();
  if (other_connectivity) connectivity_.find();
  runtime_->policies_changed(resolver_of(settings_.defaults));
  log_.write(LogLevel::Info, "configuration reloaded");
}

}  // namespace

int run_daemon(const cli::RunCommand& command, const Environment& environment) {
  auto settings = load(environment, command.flags);
  if (!settings) {
    cli::print_errors(settings.error(), std::cerr);
    return cli::exit_usage;
  }
  if (const auto usable = check_channels(settings->daemon); !usable) {
    std::cerr << "healer: " << printable(usable.error().message) << '\n';
    return cli::exit_usage;
  }
  const LogFormat format = settings->daemon.log_format;
  const bool json = format == LogFormat::Json || (format == LogFormat::Auto && isatty(STDERR_FILENO) == 0);
  signal(SIGPIPE, SIG_IGN);  // writing to a closed connection is an error value, not the end of the process
  return Daemon(command, environment, std::move(*settings), json).run();
}

}  // namespace healer
