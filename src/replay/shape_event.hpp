#pragma once

// Everything that is fed to the core.
#include <array>
#include <tuple>

#include "model/event.hpp"
#include "replay/shape.hpp"
#include "replay/shape_container.hpp"

namespace healer::replay {

template <>
struct Shape<EngineEvent> {
  static constexpr const char* tag = "engine";
  static constexpr std::array<const char*, 7> names{"kind",      "container_id", "name",  "unix_nanoseconds",
                                                    "exit_code", "signal",       "health"};
  static auto tie(auto& owner) {
    auto& [kind, container_id, name, unix_nanoseconds, exit_code, signal, health] = owner;
    return std::tie(kind, container_id, name, unix_nanoseconds, exit_code, signal, health);
  }
};

template <>
struct Shape<ContainerObserved> {
  static constexpr const char* tag = "observed";
  static constexpr std::array<const char*, 3> names{"container", "policy", "problems"};
  static auto tie(auto& owner) {
    auto& [container, policy, problems] = owner;
    return std::tie(container, policy, problems);
  }
};

template <>
struct Shape<ContainerGone> {
  static constexpr const char* tag = "gone";
  static constexpr std::array<const char*, 1> names{"container_id"};
  static auto tie(auto& owner) {
    auto& [container_id] = owner;
    return std::tie(container_id);
  }
};

template <>
struct Shape<InspectFailed> {
  static constexpr const char* tag = "inspect_failed";
  static constexpr std::array<const char*, 2> names{"container_id", "error"};
  static auto tie(auto& owner) {
    auto& [container_id, error] = owner;
    return std::tie(container_id, error);
  }
};

template <>
struct Shape<SyncCompleted> {
  static constexpr const char* tag = "synced";
  static constexpr std::array<const char*, 1> names{"container_ids"};
  static auto tie(auto& owner) {
    auto& [container_ids] = owner;
    return std::tie(container_ids);
  }
};

template <>
struct Shape<EngineConnected> {
  static constexpr const char* tag = "connected";
  static constexpr std::array<const char*, 2> names{"description", "stop_follows_exit"};
  static auto tie(auto& owner) {
    auto& [description, stop_follows_exit] = owner;
    return std::tie(description, stop_follows_exit);
  }
};

template <>
struct Shape<VantageLearned> {
  static constexpr const char* tag = "vantage";
  static constexpr std::array<const char*, 1> names{"vantage"};
  static auto tie(auto& owner) {
    auto& [vantage] = owner;
    return std::tie(vantage);
  }
};

template <>
struct Shape<EngineLost> {
  static constexpr const char* tag = "lost";
  static constexpr std::array<const char*, 1> names{"reason"};
  static auto tie(auto& owner) {
    auto& [reason] = owner;
    return std::tie(reason);
  }
};

template <>
struct Shape<ProbeFinished> {
  static constexpr const char* tag = "probe";
  static constexpr std::array<const char*, 3> names{"probe", "workload", "facts"};
  static auto tie(auto& owner) {
    auto& [probe, workload, facts] = owner;
    return std::tie(probe, workload, facts);
  }
};

template <>
struct Shape<EvidenceCaptured> {
  static constexpr const char* tag = "evidence";
  static constexpr std::array<const char*, 4> names{"workload", "incident", "excerpt", "missing"};
  static auto tie(auto& owner) {
    auto& [workload, incident, excerpt, missing] = owner;
    return std::tie(workload, incident, excerpt, missing);
  }
};

template <>
struct Shape<RemedyFinished> {
  static constexpr const char* tag = "remedy";
  static constexpr std::array<const char*, 5> names{"attempt", "workload", "answer", "error",
                                                    "new_container_id"};
  static auto tie(auto& owner) {
    auto& [attempt, workload, answer, error, new_container_id] = owner;
    return std::tie(attempt, workload, answer, error, new_container_id);
  }
};

template <>
struct Shape<Tick> {
  static constexpr const char* tag = "tick";
  static constexpr std::array<const char*, 1> names{"workload"};
  static auto tie(auto& owner) {
    auto& [workload] = owner;
    return std::tie(workload);
  }
};

template <>
struct Shape<LoopStalled> {
  static constexpr const char* tag = "stalled";
  static constexpr std::array<const char*, 1> names{"lag"};
  static auto tie(auto& owner) {
    auto& [lag] = owner;
    return std::tie(lag);
  }
};

template <>
struct Shape<OperatorReset> {
  static constexpr const char* tag = "reset";
  static constexpr std::array<const char*, 1> names{"workload"};
  static auto tie(auto& owner) {
    auto& [workload] = owner;
    return std::tie(workload);
  }
};

template <>
struct Shape<OperatorPause> {
  static constexpr const char* tag = "pause";
  static constexpr std::array<const char*, 2> names{"workload", "length"};
  static auto tie(auto& owner) {
    auto& [workload, length] = owner;
    return std::tie(workload, length);
  }
};

template <>
struct Shape<OperatorResume> {
  static constexpr const char* tag = "resume";
  static constexpr std::array<const char*, 1> names{"workload"};
  static auto tie(auto& owner) {
    auto& [workload] = owner;
    return std::tie(workload);
  }
};

template <>
struct Shape<OperatorHeal> {
  static constexpr const char* tag = "heal";
  static constexpr std::array<const char*, 1> names{"workload"};
  static auto tie(auto& owner) {
    auto& [workload] = owner;
    return std::tie(workload);
  }
};

template <>
struct Shape<OperatorAck> {
  static constexpr const char* tag = "ack";
  static constexpr std::array<const char*, 2> names{"workload", "by"};
  static auto tie(auto& owner) {
    auto& [workload, by] = owner;
    return std::tie(workload, by);
  }
};

template <>
struct Shape<SignalReported> {
  static constexpr const char* tag = "signal";
  static constexpr std::array<const char*, 7> names{"workload", "source", "id", "name",
                                                    "text",     "firing", "act"};
  static auto tie(auto& owner) {
    auto& [workload, source, id, name, text, firing, act] = owner;
    return std::tie(workload, source, id, name, text, firing, act);
  }
};

template <>
struct Shape<WallClockMoved> {
  static constexpr const char* tag = "clock";
  static constexpr std::array<const char*, 1> names{"ahead"};
  static auto tie(auto& owner) {
    auto& [ahead] = owner;
    return std::tie(ahead);
  }
};

template <>
struct Shape<HostPolicyChanged> {
  static constexpr const char* tag = "host_policy";
  static constexpr std::array<const char*, 1> names{"policy"};
  static auto tie(auto& owner) {
    auto& [policy] = owner;
    return std::tie(policy);
  }
};

}  // namespace healer::replay
