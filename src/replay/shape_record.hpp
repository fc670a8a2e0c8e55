#pragma once

// What is remembered on disk.
#include <array>
#include <tuple>

#include "model/record.hpp"
#include "replay/shape.hpp"
#include "replay/shape_container.hpp"

namespace healer::replay {

template <>
struct Shape<FiringSignal> {
  static constexpr std::array<const char*, 7> names{"source", "id",    "name",   "text",
                                                    "act",    "since", "told_at"};
  static auto tie(auto& owner) {
    auto& [source, id, name, text, act, since, told_at] = owner;
    return std::tie(source, id, name, text, act, since, told_at);
  }
};

template <>
struct Shape<WorkloadRecord> {
  static constexpr std::array<const char*, 23> names{"key",
                                                     "name",
                                                     "last_run",
                                                     "was_running",
                                                     "stopped_by_person",
                                                     "started_well_once",
                                                     "starts",
                                                     "unclean_starts",
                                                     "breaker",
                                                     "breaker_until",
                                                     "backoff_level",
                                                     "backoff_changed_at",
                                                     "last_announced",
                                                     "unannounced_incidents",
                                                     "unannounced_attempts",
                                                     "quiet_since",
                                                     "reset_at",
                                                     "futile_restarts",
                                                     "paused_until",
                                                     "network_parent",
                                                     "ran_before_engine_loss",
                                                     "signals",
                                                     "run_passed"};
  static auto tie(auto& owner) {
    auto& [key, name, last_run, was_running, stopped_by_person, started_well_once, starts, unclean_starts,
           breaker, breaker_until, backoff_level, backoff_changed_at, last_announced, unannounced_incidents,
           unannounced_attempts, quiet_since, reset_at, futile_restarts, paused_until, network_parent,
           ran_before_engine_loss, signals, run_passed] = owner;
    return std::tie(key, name, last_run, was_running, stopped_by_person, started_well_once, starts,
                    unclean_starts, breaker, breaker_until, backoff_level, backoff_changed_at, last_announced,
                    unannounced_incidents, unannounced_attempts, quiet_since, reset_at, futile_restarts,
                    paused_until, network_parent, ran_before_engine_loss, signals, run_passed);
  }
};

template <>
struct Shape<Escalation> {
  static constexpr std::array<const char*, 3> names{"route", "due", "done"};
  static auto tie(auto& owner) {
    auto& [route, due, done] = owner;
    return std::tie(route, due, done);
  }
};

template <>
struct Shape<Incident> {
  static constexpr std::array<const char*, 20> names{
      "id",        "workload",  "name",    "image",       "cause",    "cause_text", "ill_since",
      "opened_at", "closed_at", "outcome", "attempts",    "rung",     "announced",  "gave_up",
      "told",      "told_at",   "repeats", "escalations", "acked_at", "acked_by"};
  static auto tie(auto& owner) {
    auto& [id, workload, name, image, cause, cause_text, ill_since, opened_at, closed_at, outcome, attempts,
           rung, announced, gave_up, told, told_at, repeats, escalations, acked_at, acked_by] = owner;
    return std::tie(id, workload, name, image, cause, cause_text, ill_since, opened_at, closed_at, outcome,
                    attempts, rung, announced, gave_up, told, told_at, repeats, escalations, acked_at,
                    acked_by);
  }
};

template <>
struct Shape<Attempt> {
  static constexpr std::array<const char*, 11> names{"id",     "incident", "workload", "number",
                                                     "remedy", "detail",   "run",      "ordered_at",
                                                     "state",  "note",     "ended_at"};
  static auto tie(auto& owner) {
    auto& [id, incident, workload, number, remedy, detail, run, ordered_at, state, note, ended_at] = owner;
    return std::tie(id, incident, workload, number, remedy, detail, run, ordered_at, state, note, ended_at);
  }
};

template <>
struct Shape<Alert> {
  static constexpr std::array<const char*, 20> names{"id",
                                                     "kind",
                                                     "dedup_key",
                                                     "event",
                                                     "text",
                                                     "host",
                                                     "workload",
                                                     "image",
                                                     "cause",
                                                     "attempt",
                                                     "attempts_allowed",
                                                     "excerpt",
                                                     "raised_at",
                                                     "incident",
                                                     "project",
                                                     "route",
                                                     "ill_since",
                                                     "advice",
                                                     "link",
                                                     "repeat"};
  static auto tie(auto& owner) {
    auto& [id, kind, dedup_key, event, text, host, workload, image, cause, attempt, attempts_allowed, excerpt,
           raised_at, incident, project, route, ill_since, advice, link, repeat] = owner;
    return std::tie(id, kind, dedup_key, event, text, host, workload, image, cause, attempt, attempts_allowed,
                    excerpt, raised_at, incident, project, route, ill_since, advice, link, repeat);
  }
};

template <>
struct Shape<Destination> {
  static constexpr std::array<const char*, 2> names{"channel", "not_before"};
  static auto tie(auto& owner) {
    auto& [channel, not_before] = owner;
    return std::tie(channel, not_before);
  }
};

template <>
struct Shape<RaisedAlert> {
  static constexpr std::array<const char*, 2> names{"alert", "destinations"};
  static auto tie(auto& owner) {
    auto& [alert, destinations] = owner;
    return std::tie(alert, destinations);
  }
};

template <>
struct Shape<Delivery> {
  static constexpr std::array<const char*, 6> names{"alert", "channel",  "state",
                                                    "tries", "next_try", "last_error"};
  static auto tie(auto& owner) {
    auto& [alert, channel, state, tries, next_try, last_error] = owner;
    return std::tie(alert, channel, state, tries, next_try, last_error);
  }
};

template <>
struct Shape<EventCursor> {
  static constexpr std::array<const char*, 2> names{"unix_nanoseconds", "engine_stops_until"};
  static auto tie(auto& owner) {
    auto& [unix_nanoseconds, engine_stops_until] = owner;
    return std::tie(unix_nanoseconds, engine_stops_until);
  }
};

template <>
struct Shape<HostRecord> {
  static constexpr std::array<const char*, 7> names{"paused_until", "engine_alert_key", "mass_alert_key",
                                                    "mass_since",   "mass_critical",    "engine_told",
                                                    "mass_told"};
  static auto tie(auto& owner) {
    auto& [paused_until, engine_alert_key, mass_alert_key, mass_since, mass_critical, engine_told,
           mass_told] = owner;
    return std::tie(paused_until, engine_alert_key, mass_alert_key, mass_since, mass_critical, engine_told,
                    mass_told);
  }
};

template <>
struct Shape<Evidence> {
  static constexpr std::array<const char*, 10> names{"incident", "workload",   "container_id", "taken_at",
                                                     "state",    "health_log", "logs",         "processes",
                                                     "memory",   "missing"};
  static auto tie(auto& owner) {
    auto& [incident, workload, container_id, taken_at, state, health_log, logs, processes, memory, missing] =
        owner;
    return std::tie(incident, workload, container_id, taken_at, state, health_log, logs, processes, memory,
                    missing);
  }
};

template <>
struct Shape<Decision> {
  static constexpr std::array<const char*, 6> names{"at",   "workload", "incident",
                                                    "rule", "inputs",   "outcome"};
  static auto tie(auto& owner) {
    auto& [at, workload, incident, rule, inputs, outcome] = owner;
    return std::tie(at, workload, incident, rule, inputs, outcome);
  }
};

template <>
struct Shape<Receipt> {
  static constexpr std::array<const char*, 4> names{"channel", "dedup_key", "text", "at"};
  static auto tie(auto& owner) {
    auto& [channel, dedup_key, text, at] = owner;
    return std::tie(channel, dedup_key, text, at);
  }
};

template <>
struct Shape<StoredState> {
  static constexpr std::array<const char*, 11> names{
      "workloads", "open_incidents", "attempts",      "pending_alerts", "pending_deliveries", "receipts",
      "cursor",    "host",           "last_incident", "last_attempt",   "last_alert"};
  static auto tie(auto& owner) {
    auto& [workloads, open_incidents, attempts, pending_alerts, pending_deliveries, receipts, cursor, host,
           last_incident, last_attempt, last_alert] = owner;
    return std::tie(workloads, open_incidents, attempts, pending_alerts, pending_deliveries, receipts, cursor,
                    host, last_incident, last_attempt, last_alert);
  }
};

}  // namespace healer::replay
