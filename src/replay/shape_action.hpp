#pragma once

// What the core answers.
#include <array>
#include <tuple>

#include "model/action.hpp"
#include "replay/shape.hpp"
#include "replay/shape_record.hpp"

namespace healer::replay {

template <>
struct Shape<StartProbe> {
  static constexpr std::array<const char*, 4> names{"probe", "workload", "target", "timeout"};
  static auto tie(auto& owner) {
    auto& [probe, workload, target, timeout] = owner;
    return std::tie(probe, workload, target, timeout);
  }
};

template <>
struct Shape<CancelProbe> {
  static constexpr std::array<const char*, 1> names{"probe"};
  static auto tie(auto& owner) {
    auto& [probe] = owner;
    return std::tie(probe);
  }
};

template <>
struct Shape<Inspect> {
  static constexpr std::array<const char*, 1> names{"container_id"};
  static auto tie(auto& owner) {
    auto& [container_id] = owner;
    return std::tie(container_id);
  }
};

template <>
struct Shape<CaptureEvidence> {
  static constexpr std::array<const char*, 4> names{"workload", "incident", "container_id", "limit"};
  static auto tie(auto& owner) {
    auto& [workload, incident, container_id, limit] = owner;
    return std::tie(workload, incident, container_id, limit);
  }
};

template <>
struct Shape<ApplyRemedy> {
  static constexpr std::array<const char*, 12> names{"attempt",      "workload",       "name",     "step",
                                                     "container_id", "stop_timeout",   "deadline", "number",
                                                     "reason",       "network_parent", "incident", "resume"};
  static auto tie(auto& owner) {
    auto& [attempt, workload, name, step, container_id, stop_timeout, deadline, number, reason,
           network_parent, incident, resume] = owner;
    return std::tie(attempt, workload, name, step, container_id, stop_timeout, deadline, number, reason,
                    network_parent, incident, resume);
  }
};

template <>
struct Shape<Wake> {
  static constexpr std::array<const char*, 2> names{"workload", "at"};
  static auto tie(auto& owner) {
    auto& [workload, at] = owner;
    return std::tie(workload, at);
  }
};

template <>
struct Shape<Persist> {
  static constexpr std::array<const char*, 1> names{"record"};
  static auto tie(auto& owner) {
    auto& [record] = owner;
    return std::tie(record);
  }
};

template <>
struct Shape<RaiseAlert> {
  static constexpr std::array<const char*, 2> names{"alert", "destinations"};
  static auto tie(auto& owner) {
    auto& [alert, destinations] = owner;
    return std::tie(alert, destinations);
  }
};

template <>
struct Shape<LogLine> {
  static constexpr std::array<const char*, 3> names{"level", "message", "workload"};
  static auto tie(auto& owner) {
    auto& [level, message, workload] = owner;
    return std::tie(level, message, workload);
  }
};

template <>
struct Shape<CountCheck> {
  static constexpr std::array<const char*, 4> names{"kind", "outcome", "cause", "duration"};
  static auto tie(auto& owner) {
    auto& [kind, outcome, cause, duration] = owner;
    return std::tie(kind, outcome, cause, duration);
  }
};

template <>
struct Shape<CountAlertRepeat> {
  static constexpr std::array<const char*, 2> names{"kind", "escalation"};
  static auto tie(auto& owner) {
    auto& [kind, escalation] = owner;
    return std::tie(kind, escalation);
  }
};

template <>
struct Shape<CountRemedy> {
  static constexpr std::array<const char*, 2> names{"remedy", "outcome"};
  static auto tie(auto& owner) {
    auto& [remedy, outcome] = owner;
    return std::tie(remedy, outcome);
  }
};

template <>
struct Shape<CountIncidentOpened> {
  static constexpr std::array<const char*, 1> names{"cause"};
  static auto tie(auto& owner) {
    auto& [cause] = owner;
    return std::tie(cause);
  }
};

template <>
struct Shape<CountIncidentClosed> {
  static constexpr std::array<const char*, 2> names{"outcome", "time_to_heal"};
  static auto tie(auto& owner) {
    auto& [outcome, time_to_heal] = owner;
    return std::tie(outcome, time_to_heal);
  }
};

template <>
struct Shape<CountHold> {
  static constexpr std::array<const char*, 1> names{"kind"};
  static auto tie(auto& owner) {
    auto& [kind] = owner;
    return std::tie(kind);
  }
};

template <>
struct Shape<CountUnasked> {
  static constexpr std::array<const char*, 1> names{"cause"};
  static auto tie(auto& owner) {
    auto& [cause] = owner;
    return std::tie(cause);
  }
};

template <>
struct Shape<Count> {
  static constexpr std::array<const char*, 1> names{"metric"};
  static auto tie(auto& owner) {
    auto& [metric] = owner;
    return std::tie(metric);
  }
};

}  // namespace healer::replay
