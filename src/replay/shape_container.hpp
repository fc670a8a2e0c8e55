#pragma once

// The facts and settings that events carry.
#include <array>
#include <tuple>

#include "model/container.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "model/probe.hpp"
#include "model/routing.hpp"
#include "replay/shape.hpp"

namespace healer::replay {

template <>
struct Shape<RunId> {
  static constexpr std::array<const char*, 2> names{"container_id", "started_at"};
  static auto tie(auto& owner) {
    auto& [container_id, started_at] = owner;
    return std::tie(container_id, started_at);
  }
};

template <>
struct Shape<PortBinding> {
  static constexpr std::array<const char*, 4> names{"container_port", "tcp", "host_address", "host_port"};
  static auto tie(auto& owner) {
    auto& [container_port, tcp, host_address, host_port] = owner;
    return std::tie(container_port, tcp, host_address, host_port);
  }
};

template <>
struct Shape<NetworkAttachment> {
  static constexpr std::array<const char*, 2> names{"name", "address"};
  static auto tie(auto& owner) {
    auto& [name, address] = owner;
    return std::tie(name, address);
  }
};

template <>
struct Shape<Container> {
  static constexpr std::array<const char*, 24> names{"id",
                                                     "name",
                                                     "image",
                                                     "labels",
                                                     "state",
                                                     "started_at",
                                                     "started",
                                                     "finished",
                                                     "exit_code",
                                                     "oom_killed",
                                                     "restart_policy",
                                                     "maximum_retries",
                                                     "restart_count",
                                                     "stop_timeout",
                                                     "health",
                                                     "health_checked",
                                                     "health_output",
                                                     "health_interval",
                                                     "health_timeout",
                                                     "health_start_period",
                                                     "network_mode",
                                                     "ports",
                                                     "networks",
                                                     "memory_limit_note"};
  static auto tie(auto& owner) {
    auto& [id, name, image, labels, state, started_at, started, finished, exit_code, oom_killed,
           restart_policy, maximum_retries, restart_count, stop_timeout, health, health_checked,
           health_output, health_interval, health_timeout, health_start_period, network_mode, ports, networks,
           memory_limit_note] = owner;
    return std::tie(id, name, image, labels, state, started_at, started, finished, exit_code, oom_killed,
                    restart_policy, maximum_retries, restart_count, stop_timeout, health, health_checked,
                    health_output, health_interval, health_timeout, health_start_period, network_mode, ports,
                    networks, memory_limit_note);
  }
};

template <>
struct Shape<Vantage> {
  static constexpr std::array<const char*, 3> names{"own_container_id", "host_network", "networks"};
  static auto tie(auto& owner) {
    auto& [own_container_id, host_network, networks] = owner;
    return std::tie(own_container_id, host_network, networks);
  }
};

template <>
struct Shape<StatusRange> {
  static constexpr std::array<const char*, 2> names{"first", "last"};
  static auto tie(auto& owner) {
    auto& [first, last] = owner;
    return std::tie(first, last);
  }
};

template <>
struct Shape<HttpHeader> {
  static constexpr std::array<const char*, 2> names{"name", "value"};
  static auto tie(auto& owner) {
    auto& [name, value] = owner;
    return std::tie(name, value);
  }
};

template <>
struct Shape<ProbeSpec> {
  static constexpr std::array<const char*, 13> names{
      "kind",       "path",   "port",    "accepted",  "body_match", "banner", "host_header",
      "tls_verify", "method", "headers", "redirects", "command",    "service"};
  static auto tie(auto& owner) {
    auto& [kind, path, port, accepted, body_match, banner, host_header, tls_verify, method, headers,
           redirects, command, service] = owner;
    return std::tie(kind, path, port, accepted, body_match, banner, host_header, tls_verify, method, headers,
                    redirects, command, service);
  }
};

template <>
struct Shape<NamedProbe> {
  static constexpr std::array<const char*, 2> names{"name", "spec"};
  static auto tie(auto& owner) {
    auto& [name, spec] = owner;
    return std::tie(name, spec);
  }
};

template <>
struct Shape<Endpoint> {
  static constexpr std::array<const char*, 2> names{"address", "port"};
  static auto tie(auto& owner) {
    auto& [address, port] = owner;
    return std::tie(address, port);
  }
};

template <>
struct Shape<HttpTarget> {
  static constexpr const char* tag = "http";
  static constexpr std::array<const char*, 9> names{"endpoint", "path",       "host_header",
                                                    "tls",      "tls_verify", "capture_body",
                                                    "method",   "headers",    "redirects"};
  static auto tie(auto& owner) {
    auto& [endpoint, path, host_header, tls, tls_verify, capture_body, method, headers, redirects] = owner;
    return std::tie(endpoint, path, host_header, tls, tls_verify, capture_body, method, headers, redirects);
  }
};

template <>
struct Shape<TcpTarget> {
  static constexpr const char* tag = "tcp";
  static constexpr std::array<const char*, 2> names{"endpoint", "banner_bytes"};
  static auto tie(auto& owner) {
    auto& [endpoint, banner_bytes] = owner;
    return std::tie(endpoint, banner_bytes);
  }
};

template <>
struct Shape<ExecTarget> {
  static constexpr const char* tag = "exec";
  static constexpr std::array<const char*, 2> names{"container_id", "command"};
  static auto tie(auto& owner) {
    auto& [container_id, command] = owner;
    return std::tie(container_id, command);
  }
};

template <>
struct Shape<GrpcTarget> {
  static constexpr const char* tag = "grpc";
  static constexpr std::array<const char*, 5> names{"endpoint", "service", "authority", "tls", "tls_verify"};
  static auto tie(auto& owner) {
    auto& [endpoint, service, authority, tls, tls_verify] = owner;
    return std::tie(endpoint, service, authority, tls, tls_verify);
  }
};

template <>
struct Shape<ProbeFacts> {
  static constexpr std::array<const char*, 6> names{"end",  "status", "grpc_status",
                                                    "body", "detail", "duration"};
  static auto tie(auto& owner) {
    auto& [end, status, grpc_status, body, detail, duration] = owner;
    return std::tie(end, status, grpc_status, body, detail, duration);
  }
};

template <>
struct Shape<RemedyStep> {
  static constexpr std::array<const char*, 4> names{"kind", "signal", "command", "url"};
  static auto tie(auto& owner) {
    auto& [kind, signal, command, url] = owner;
    return std::tie(kind, signal, command, url);
  }
};

template <>
struct Shape<FailureWindow> {
  static constexpr std::array<const char*, 2> names{"failures", "of"};
  static auto tie(auto& owner) {
    auto& [failures, of] = owner;
    return std::tie(failures, of);
  }
};

template <>
struct Shape<TimeZone::Change> {
  static constexpr std::array<const char*, 2> names{"from_unix_s", "offset_s"};
  static auto tie(auto& owner) {
    auto& [from_unix_s, offset_s] = owner;
    return std::tie(from_unix_s, offset_s);
  }
};

template <>
struct Shape<TimeZone> {
  static constexpr std::array<const char*, 2> names{"name", "changes"};
  static auto tie(auto& owner) {
    auto& [name, changes] = owner;
    return std::tie(name, changes);
  }
};

template <>
struct Shape<MaintenanceWindow> {
  static constexpr std::array<const char*, 5> names{"days", "from_minute", "to_minute", "zone", "text"};
  static auto tie(auto& owner) {
    auto& [days, from_minute, to_minute, zone, text] = owner;
    return std::tie(days, from_minute, to_minute, zone, text);
  }
};

template <>
struct Shape<Policy> {
  static constexpr std::array<const char*, 30> names{"selection",
                                                     "probe",
                                                     "unnamed_probe",
                                                     "named_probes",
                                                     "interval",
                                                     "timeout",
                                                     "failure_threshold",
                                                     "success_threshold",
                                                     "fast_interval",
                                                     "start_period",
                                                     "window",
                                                     "actions",
                                                     "evidence",
                                                     "depends_on",
                                                     "dependency_hold",
                                                     "maintenance",
                                                     "stop_timeout",
                                                     "backoff_max",
                                                     "backoff_jitter",
                                                     "budget_attempts",
                                                     "budget_window",
                                                     "breaker_open_for",
                                                     "backoff_decay",
                                                     "verify_limit",
                                                     "signals",
                                                     "signal_patience",
                                                     "alert_cooldown",
                                                     "heal_exits",
                                                     "alerts",
                                                     "alert_route"};
  static auto tie(auto& owner) {
    auto& [selection, probe, unnamed_probe, named_probes, interval, timeout, failure_threshold,
           success_threshold, fast_interval, start_period, window, actions, evidence, depends_on,
           dependency_hold, maintenance, stop_timeout, backoff_max, backoff_jitter, budget_attempts,
           budget_window, breaker_open_for, backoff_decay, verify_limit, signals, signal_patience,
           alert_cooldown, heal_exits, alerts, alert_route] = owner;
    return std::tie(selection, probe, unnamed_probe, named_probes, interval, timeout, failure_threshold,
                    success_threshold, fast_interval, start_period, window, actions, evidence, depends_on,
                    dependency_hold, maintenance, stop_timeout, backoff_max, backoff_jitter, budget_attempts,
                    budget_window, breaker_open_for, backoff_decay, verify_limit, signals, signal_patience,
                    alert_cooldown, heal_exits, alerts, alert_route);
  }
};

template <>
struct Shape<AlertMatch> {
  static constexpr std::array<const char*, 4> names{"kinds", "workloads", "projects", "labels"};
  static auto tie(auto& owner) {
    auto& [kinds, workloads, projects, labels] = owner;
    return std::tie(kinds, workloads, projects, labels);
  }
};

template <>
struct Shape<AlertRoute> {
  static constexpr std::array<const char*, 9> names{"name",         "match",          "channels",
                                                    "remind_every", "escalate_after", "escalate_to",
                                                    "quiet",        "go_on",          "only_escalated"};
  static auto tie(auto& owner) {
    auto& [name, match, channels, remind_every, escalate_after, escalate_to, quiet, go_on, only_escalated] =
        owner;
    return std::tie(name, match, channels, remind_every, escalate_after, escalate_to, quiet, go_on,
                    only_escalated);
  }
};

template <>
struct Shape<AlertRouting> {
  static constexpr std::array<const char*, 4> names{"routes", "remind_every", "quiet", "link"};
  static auto tie(auto& owner) {
    auto& [routes, remind_every, quiet, link] = owner;
    return std::tie(routes, remind_every, quiet, link);
  }
};

template <>
struct Shape<HostPolicy> {
  static constexpr std::array<const char*, 13> names{
      "host_name",    "mass_share", "mass_least",   "mass_hold",        "mass_hold_max",
      "remedy_share", "control",    "control_text", "control_interval", "control_timeout",
      "hook_limit",   "channels",   "routing"};
  static auto tie(auto& owner) {
    auto& [host_name, mass_share, mass_least, mass_hold, mass_hold_max, remedy_share, control, control_text,
           control_interval, control_timeout, hook_limit, channels, routing] = owner;
    return std::tie(host_name, mass_share, mass_least, mass_hold, mass_hold_max, remedy_share, control,
                    control_text, control_interval, control_timeout, hook_limit, channels, routing);
  }
};

template <>
struct Shape<LabelProblem> {
  static constexpr std::array<const char*, 3> names{"label", "value", "message"};
  static auto tie(auto& owner) {
    auto& [label, value, message] = owner;
    return std::tie(label, value, message);
  }
};

template <>
struct Shape<Error> {
  static constexpr std::array<const char*, 2> names{"code", "message"};
  static auto tie(auto& owner) {
    auto& [code, message] = owner;
    return std::tie(code, message);
  }
};

}  // namespace healer::replay
