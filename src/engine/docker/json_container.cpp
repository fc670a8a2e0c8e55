#include "engine/docker/json_container.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <boost/json/monotonic_resource.hpp>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "engine/docker/compose.hpp"
#include "engine/docker/engine_time.hpp"
#include "engine/docker/json_evidence.hpp"
#include "engine/docker/json_fields.hpp"
#include "engine/docker/owner.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_health_output = 4096;
constexpr Duration default_health_time{30'000};  // moby daemon/health.go: 0 in a HEALTHCHECK means 30 s
constexpr Duration longest_stop{3'600'000};      // limits StopTimeout; -1 would mean to wait for ever

int clamped(std::int64_t value) {
  return static_cast<int>(
      std::clamp<std::int64_t>(value, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

unsigned count(std::int64_t value) {
  return static_cast<unsigned>(std::clamp<std::int64_t>(value, 0, std::numeric_limits<int>::max()));
}

Duration from_nanoseconds(std::int64_t value) {
  return Duration{std::max<std::int64_t>(value, 0) / 1'000'000};
}

/// Docker's `State.Status`, and the values that Podman adds.
std::optional<ContainerState> state_named(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, ContainerState>, 12> names{{
      {"created", ContainerState::Created},
      {"running", ContainerState::Running},
      {"paused", ContainerState::Paused},
      {"restarting", ContainerState::Restarting},
      {"removing", ContainerState::Removing},
      {"exited", ContainerState::Exited},
      {"dead", ContainerState::Dead},
      {"configured", ContainerState::Created},
      {"initialized", ContainerState::Created},
      {"stopping", ContainerState::Running},
      {"stopped", ContainerState::Exited},
      {"unknown", ContainerState::Dead},
  }};
  for (const auto& [known, state] : names)
    if (known == name) return state;
  return std::nullopt;
}

Result<ContainerState> read_state_name(const std::string& name, const char* field) {
  const auto state = state_named(lower(name));
  if (state) return *state;
  return failure(ErrorCode::Protocol,
                 fmt::format("{}: \"{}\" is no known container state", field, clip(printable(name), 40)));
}

std::string without_slash(std::string name) {
  if (!name.empty() && name.front() == '/') name.erase(0, 1);
  return name;
}

Labels read_labels(const Fields& holder) {
  const Fields labels = holder.object("Labels");
  Labels read;
  for (const auto& entry : labels.all())
    read.emplace(std::string(entry.key()), labels.text_of(entry.key(), entry.value()));
  return read;
}

RestartPolicy restart_policy_named(const std::string& name) {
  if (name == "always") return RestartPolicy::Always;
  if (name == "unless-stopped") return RestartPolicy::UnlessStopped;
  if (name == "on-failure") return RestartPolicy::OnFailure;
  return RestartPolicy::No;
}

EngineHealth health_named(const std::string& name) {
  if (name == "starting") return EngineHealth::Starting;
  if (name == "healthy") return EngineHealth::Healthy;
  if (name == "unhealthy") return EngineHealth::Unhealthy;
  return EngineHealth::None;  // "none", and Podman's ""
}

/// State.Health: the result, and the newest entry of the health log.
void read_health(const Fields& state, Container& container) {
  const Fields health = state.object("Health");
  container.health = health_named(health.text("Status"));
  const json::array* log = health.array("Log");
  if (!log || log->empty()) return;
  const Fields newest = health.within("Log", log->back());
  container.health_check.checked = parse_engine_time(newest.text("End"));
  container.health_check.output = trim(printable_lines(newest.text("Output")));
  if (const auto code = newest.number_if_said("ExitCode")) container.health_check.exit_code = clamped(*code);
}

std::vector<std::string> read_texts(const Fields& holder, const char* name) {
  std::vector<std::string> texts;
  if (const json::array* array = holder.array(name))
    for (const auto& value : *array) texts.push_back(holder.text_of(name, value));
  return texts;
}

/// Config.Healthcheck: the HEALTHCHECK's times. Test NONE switches off the image's HEALTHCHECK.
void read_healthcheck(const Fields& config, Inspected& inspected) {
  const Fields check = config.object("Healthcheck");
  std::vector<std::string> test = read_texts(check, "Test");
  if (test.empty() || test.front() == "NONE") return;
  inspected.health_test = std::move(test);
  Container& container = inspected.container;
  const auto or_default = [](Duration said) { return said > Duration{0} ? said : default_health_time; };
  container.health_check.interval = or_default(from_nanoseconds(check.number("Interval")));
  container.health_check.timeout = or_default(from_nanoseconds(check.number("Timeout")));
  container.health_check.start_period = from_nanoseconds(check.number("StartPeriod"));
}

/// Reads "80/tcp". Nothing for any other form, such as a range of ports in old configurations.
std::optional<PortBinding> read_port_name(std::string_view text) {
  PortBinding port;
  const auto slash = text.find('/');
  const std::string_view number = text.substr(0, slash);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), port.container_port);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  port.tcp = slash == std::string_view::npos || text.substr(slash + 1) == "tcp";
  return port;
}

void read_published(const Fields& ports, std::vector<PortBinding>& into) {
  for (const auto& entry : ports.all()) {
    const auto port = read_port_name(entry.key());
    if (!port) continue;
    const json::array* bindings = ports.array(entry.key());
    if (!bindings || bindings->empty()) {
      into.push_back(*port);
      continue;
    }
    for (const auto& value : *bindings) {
      const Fields binding = ports.within(entry.key(), value);
      PortBinding published = *port;
      published.host_address = binding.text("HostIp");
      if (published.host_address.empty()) published.host_address = "0.0.0.0";  // Podman: "" is every address
      const std::string number = binding.text("HostPort");
      std::from_chars(number.data(), number.data() + number.size(), published.host_port);
      if (published.host_port == 0) published.host_address.clear();
      into.push_back(std::move(published));
    }
  }
}

std::vector<PortBinding> read_ports(const Fields& network, const Fields& config) {
  std::vector<PortBinding> ports;
  read_published(network.object("Ports"), ports);
  for (const auto& entry : config.object("ExposedPorts").all()) {
    const auto port = read_port_name(entry.key());
    if (!port) continue;
    const bool known = std::any_of(ports.begin(), ports.end(), [&](const PortBinding& other) {
      return other.container_port == port->container_port && other.tcp == port->tcp;
    });
    if (!known) ports.push_back(*port);
  }
  const auto order = [](const PortBinding& port) {
    const bool is_v6 = port.host_address.find(':') != std::string::npos;
    return std::tuple(port.host_port == 0, port.container_port, !port.tcp, is_v6,
                      std::string_view(port.host_address), port.host_port);
  };
  std::sort(ports.begin(), ports.end(),
            [&](const PortBinding& a, const PortBinding& b) { return order(a) < order(b); });
  return ports;
}

void read_networks(const Fields& network, Inspected& inspected) {
  const Fields networks = network.object("Networks");
  std::vector<std::pair<NetworkAttachment, std::string>> read;
  for (const auto& entry : networks.all()) {
    const Fields one = networks.within(entry.key(), entry.value());
    NetworkAttachment attachment;
    attachment.name = std::string(entry.key());
    attachment.address = one.text("IPAddress");
    if (attachment.address.empty()) attachment.address = one.text("GlobalIPv6Address");
    read.emplace_back(std::move(attachment), one.text("NetworkID"));
  }
  std::sort(read.begin(), read.end(),
            [](const auto& a, const auto& b) { return a.first.name < b.first.name; });
  for (auto& [attachment, id] : read) {
    inspected.container.networks.push_back(std::move(attachment));
    inspected.network_ids.push_back(std::move(id));
  }
}

std::string memory_note(std::int64_t bytes) {
  constexpr std::int64_t kib = 1024;
  constexpr std::int64_t mib = 1024 * kib;
  constexpr std::int64_t gib = 1024 * mib;
  if (bytes <= 0) return {};
  if (bytes % gib == 0) return fmt::format("limit {} GiB", bytes / gib);
  if (bytes >= mib) return fmt::format("limit {} MiB", bytes / mib);
  return fmt::format("limit {} KiB", bytes / kib);
}

void read_state(const Fields& state, Container& container) {
  container.started_at = state.text("StartedAt");
  container.started = parse_engine_time(container.started_at);
  container.finished = parse_engine_time(state.text("FinishedAt"));
  container.exit_code = clamped(state.number("ExitCode"));
  container.oom_killed = state.flag("OOMKilled");
  read_health(state, container);
}

/// A HEALTHCHECK may print what it was started with. It is redacted before it is cut: half of a secret is not
/// found.
void redact_health_output(const Fields& config, Inspected& inspected) {
  std::vector<std::string> environment;
  if (const json::array* env = config.array("Env"))
    for (const auto& value : *env) environment.push_back(config.text_of("Env", value));
  inspected.secrets = secrets_of(environment);
  std::string& output = inspected.container.health_check.output;
  if (!output.empty()) output = clip(printable(redact(output, inspected.secrets)), longest_health_output);
}

void read_config(const Fields& config, Inspected& inspected) {
  redact_health_output(config, inspected);
  Container& container = inspected.container;
  container.image = config.text("Image");
  container.labels = read_labels(config);
  if (const auto seconds = config.number_if_said("StopTimeout")) {
    const std::int64_t most = longest_stop.count() / 1000;
    container.stop_timeout =
        *seconds < 0 ? longest_stop : Duration{std::min<std::int64_t>(*seconds, most) * 1000};
  }
  read_healthcheck(config, inspected);
}

/// HostConfig.NetworkMode: "host", "none", "container:<id>", or the name of a network (NetworkKind::Own).
void read_network_mode(std::string_view mode, Container& container) {
  constexpr std::string_view shared = "container:";
  if (mode == "host") {
    container.network = NetworkKind::Host;
  } else if (mode == "none") {
    container.network = NetworkKind::None;
  } else if (mode.starts_with(shared)) {
    container.network = NetworkKind::Shared;
    container.network_parent = mode.substr(shared.size());
  }
}

void read_host_config(const Fields& host, Inspected& inspected) {
  Container& container = inspected.container;
  const Fields policy = host.object("RestartPolicy");
  container.engine_restarts.policy = restart_policy_named(policy.text("Name"));
  container.engine_restarts.maximum_retries = count(policy.number("MaximumRetryCount"));
  read_network_mode(host.text("NetworkMode"), container);
  container.memory_limit_note = memory_note(host.number("Memory"));
  inspected.removed_at_end = host.flag("AutoRemove");
}

tl::unexpected<Error> does_not_fit(const std::string& problem) {
  return failure(ErrorCode::Protocol, "the answer does not fit: " + problem);
}

/// The labels that only the image can prove. The others may be large, and are of no use.
bool matters(std::string_view label) {
  return is_compose_label(label) || is_owner_label(label);
}

}  // namespace

Result<Inspected> parse_inspect(std::string_view text, Product product) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  Inspected inspected;
  Container& container = inspected.container;
  container.id = root.text("Id");
  container.name = without_slash(root.text("Name"));
  container.image_id = root.text("Image");
  const std::string command = product == Product::Podman ? "podman" : "docker";
  container.advice = {command + " logs " + container.name, command + " start " + container.name};
  container.engine_restarts.count = count(root.number("RestartCount"));
  inspected.exec_ids = read_texts(root, "ExecIDs");
  const Fields state = root.object("State");
  read_state(state, container);
  const Fields config = root.object("Config");
  read_config(config, inspected);
  read_host_config(root.object("HostConfig"), inspected);
  const Fields network = root.object("NetworkSettings");
  container.ports = read_ports(network, config);
  read_networks(network, inspected);
  const std::string status = state.text("Status");
  if (problem) return does_not_fit(*problem);
  if (container.id.empty()) return does_not_fit("Id: missing");
  const auto known = read_state_name(status, "State.Status");
  if (!known) return tl::unexpected(known.error());
  container.state = *known;
  return inspected;
}

bool needs_image(const Container& container) {
  return !swarm_task(container.name, container.labels) &&
         std::any_of(container.labels.begin(), container.labels.end(),
                     [](const auto& label) { return matters(label.first); });
}

void belongs_to(Inspected& inspected, const ImageEvidence& image) {
  Container& container = inspected.container;
  container.owner = owner_of(container.name, container.labels, image.labels, inspected.removed_at_end);
  if (auto task = swarm_task(container.name, container.labels)) {
    container.identity.key = std::move(task->slot);
    container.identity.service = std::move(task->service);
    return;
  }
  const bool of_compose = std::any_of(container.labels.begin(), container.labels.end(),
                                      [](const auto& label) { return is_compose_label(label.first); });
  if (!of_compose) return;
  ComposeFacts facts = image.problem.empty() ? compose_facts(container.labels, image.labels)
                                             : unproven_compose(container.labels, image.problem);
  container.identity = std::move(facts.identity);
  container.start_order = std::move(facts.start_order);
}

Result<Container> parse_container(std::string_view text, Product product) {
  auto inspected = parse_inspect(text, product);
  if (!inspected) return tl::unexpected(inspected.error());
  belongs_to(*inspected, {});
  return std::move(inspected->container);
}

Result<Labels> parse_image_labels(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  Labels labels = read_labels(Fields(*parsed, problem).object("Config"));
  if (problem) return does_not_fit(*problem);
  std::erase_if(labels, [](const auto& label) { return !matters(label.first); });
  return labels;
}

Result<ContainerSummary> parse_summary(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  ContainerSummary summary;
  summary.id = root.text("Id");
  summary.image = root.text("Image");
  summary.labels = read_labels(root);
  // Links add names such as "/other/alias". The container's own name has one slash.
  if (const json::array* names = root.array("Names")) {
    for (const auto& value : *names) {
      std::string name = without_slash(root.text_of("Names", value));
      if (summary.name.empty() || name.find('/') == std::string::npos) summary.name = std::move(name);
    }
  }
  const std::string status = root.text("State");
  if (problem) return does_not_fit(*problem);
  if (summary.id.empty()) return does_not_fit("Id: missing");
  const auto known = read_state_name(status, "State");
  if (!known) return tl::unexpected(known.error());
  summary.state = *known;
  if (const auto task = swarm_task(summary.name, summary.labels))
    summary.identity = {task->slot, task->service, false, {}};
  else
    summary.identity = compose_facts(summary.labels, {}).identity;
  return summary;
}

}  // namespace healer::docker
