#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/ids.hpp"
#include "base/rare.hpp"
#include "base/time.hpp"
#include "core/workload/breaker.hpp"
#include "core/workload/ladder.hpp"
#include "model/container.hpp"
#include "model/record.hpp"

namespace healer {

/// The remedy under way. HEALING.md 4. At most one per workload. "queued": Planned, Gathering or Checking.
///
///   state     | input                                      | next      | what is done
///   ----------+--------------------------------------------+-----------+------------------------------------
///   Idle      | unhealthy, a remedy is configured, the     | Planned   | wake-up at the end of the backoff
///             | breaker allows it                          |           |
///   Planned   | due, and a hold applies                    | Planned   | checked again when the hold may end
///   Planned   | due, no hold                               | Gathering | evidence is captured
///   Planned   | due, no hold, and evidence is off          | Checking  | inspect
///   Gathering | captured, or its time is up                | Checking  | inspect
///   Checking  | the container is as decided, no hold       | Acting    | attempt written, engine ordered
///   Checking  | the same, but a check passed meanwhile     | Planned   | due a fast interval later
///   Checking  | the engine is down                         | Planned   | due a fast interval later
///   Checking  | an operator is stopping the container      | Planned   | due when the time for a stop is
///             |                                            |           | over
///   Checking  | another hold applies                       | Planned   | checked again when the hold may end
///   Checking  | the container is in another state          | Idle      |
///   Checking  | inspect failed, or no answer in 10 s       | Planned   | due a fast interval later, 10 s at
///             |                                            |           | most
///   queued    | healthy                                    | Idle      |
///   queued    | a new instance                             | Idle      | the new instance needs a new
///             |                                            |           | verdict
///   Acting    | done                                       | Verifying | inspect
///   Acting    | done, and the remedy is a stop             | Idle      | attempt Recovered, incident closed
///   Acting    | the engine was not called: a dry run       | Verifying |
///   Acting    | the engine refused                         | Idle      | attempt Failed, next by backoff
///   Acting    | a recreation's answer is lost              | Acting    | ordered to finish or undo it
///   Acting    | the answer to its third resume is lost     | Idle      | attempt Failed, next by backoff
///   Acting    | another answer is lost; the remedy keeps   | Verifying |
///             | the instance, and it runs                  |           |
///   Acting    | another answer is lost                     | Settling  | inspect every second
///   Settling  | the instance changed                       | Verifying |
///   Settling  | exited, and the remedy is a stop           | Idle      | attempt Recovered, incident closed
///   Settling  | neither when its time is up                | Idle      | attempt NotExecuted, next by
///             |                                            |           | backoff
///   Verifying | healer's signal ended the container        | Acting    | started, within the same attempt
///   Verifying | healthy                                    | Idle      | attempt Recovered, incident closed
///   Verifying | runs without a probe until its time is up  | Idle      | attempt Recovered, incident closed
///   Verifying | unhealthy, exited, an alert counts, or     | Idle      | attempt NotRecovered, next by
///             | failing when its time is up                |           | backoff
///   Verifying | unknown or passing when its time is up     | Idle      | attempt NotRecovered, no next one
///             |                                            |           | until the workload is unhealthy
///   Verifying | not inspected yet when its time is up      | Verifying | 10 s longer
///   queued,   | an operator stopped or restarted the       | Idle      | attempt Cancelled
///   Verifying | container                                  |           |
///   any       | an operator paused the container           | Idle      | attempt Cancelled; in Acting after
///             |                                            |           | the engine's answer
///   any       | an operator removed the container, or it   | Idle      | attempt Cancelled
///             | is no longer opted in                      |           |
struct Idle {};
struct Planned {
  Instant due{};
  std::optional<Hold> hold;  ///< found when the remedy was due
};
struct Gathering {
  Instant until{};
};
struct Checking {
  Instant give_up{};
};
struct Acting {
  RemedyKind kind = RemedyKind::Restart;  ///< what the engine was ordered to do
  bool begun = true;  ///< false: the hook before the remedy still runs; the engine is not called yet
};
struct Settling {
  Instant next_look{};
  Instant since{};  ///< the order may still be executed until settle_limit() after this
};
struct Verifying {
  Instant deadline{};
  bool awaiting_instance = false;  ///< the engine is done; no inspect has shown the new instance yet
  Instant next_look{};             ///< while awaiting: inspect again, because an inspect may fail
};
using RemedyPhase = std::variant<Idle, Planned, Gathering, Checking, Acting, Settling, Verifying>;

/// The workload lost the network that it shares, because the network parent was restarted or replaced.
/// HEALING.md 5.
struct NetworkLoss {
  RemedyKind remedy =
      RemedyKind::Restart;  ///< Recreate when the parent is a new container and the engine can
  std::string parent_id;    ///< container id of the present parent
  Instant since{};
};

/// An order that the engine has not answered. Kept when its attempt ends: meanwhile no other order is given.
struct InFlight {
  AttemptId attempt;
  Instant until{};  ///< from then on the answer counts as lost
};

/// The instance that an order of healer was given against, and when the order may have ended the instance.
struct OrderedInstance {
  InstanceId instance;
  Instant from{};
  Instant until{};
  bool by_former_process = false;  ///< true: the order explains only an end between `from` and `until`
};

/// The remedy under way, and what decides about the next one.
struct Remediation {
  Ladder ladder;                                  ///< the policy's remedies on this engine
  Rare<OrderedInstance> ordered;                  ///< healer's newest order
  std::optional<std::int64_t> remedy_started_ns;  ///< the new instance's start: Unix ns, engine's clock
  Breaker breaker;
  unsigned backoff_level = 0;
  Instant backoff_changed_at{};
  RemedyPhase phase;
  Rare<Attempt> attempt;  ///< unfinished
  std::optional<InFlight> in_flight;
  unsigned restarts = 0;
  unsigned ineffective_restarts = 0;  ///< restarts in a row that did not help
  Rare<std::string> refusal;          ///< why the newest attempt was not executed; none if it was
  bool forced = false;                ///< `healer heal`: the next remedy is done whatever the health
  bool forced_in_pause = false;       ///< `healer heal` came within a pause, which then does not hold
  unsigned resumed = 0;               ///< how often the attempt's recreation was resumed
  std::string excerpt;                ///< from the newest evidence, for notifications
  std::optional<Instant> dependency_hold_until;  ///< end of dependency holds, see limited()
  std::optional<NetworkLoss> network_loss;
  std::optional<std::pair<HoldKind, Instant>>
      held;  ///< its entry in the supervisor's list: the hold, and when the remedy was due
  Instant reset_at{};
};

}  // namespace healer
