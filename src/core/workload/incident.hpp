#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/rare.hpp"
#include "base/time.hpp"
#include "core/workload/transition.hpp"
#include "model/record.hpp"

namespace healer {

class Out;
struct HostState;
struct View;
struct Workload;

// clang-format off
struct IncidentTable {
  static constexpr const char* name = "incident";
  enum class State : std::uint8_t { None, Opened, Acknowledged };
  enum class Input : std::uint8_t { Reason, Ack, Worse, Ends };
  static constexpr Transition<State, Input> table[] = {
      {State::None,         Input::Reason, State::Opened},        // to remedy the workload: counted, stored
      {State::Opened,       Input::Ack,    State::Acknowledged},  // no reminders, no escalation
      {State::Acknowledged, Input::Ack,    State::Acknowledged},  // the newest name counts
      {State::Acknowledged, Input::Worse,  State::Opened},        // a critical notification: reminders again
      // Recovered, stopped, removed, no longer opted in. Its end was decided, notified and stored.
      {State::Opened,       Input::Ends,   State::None},
      {State::Acknowledged, Input::Ends,   State::None},
  };
};
// clang-format on

/// The open incident of a workload, as far as it is neither the remediation's (attempts, ladder step) nor the
/// notifications' (who got what); incident_record() puts the parts together.
struct OpenIncident {
  IncidentId id;
  std::string name;
  std::string image;
  IncidentCause cause = IncidentCause::ProbeFailed;
  Reason reason;
  Instant unhealthy_since{};
  Instant opened_at{};
  std::optional<Instant> closed_at;  ///< set while its end is decided, in the step that closes it
  IncidentOutcome outcome = IncidentOutcome::Open;
  std::optional<Instant> acked_at;
  std::string acked_by;
};

IncidentTable::State state_of(const Rare<OpenIncident>& incident);
/// The incident as it is stored. Only while one is open.
Incident incident_record(const Workload& workload);
/// Gives the workload its incident, as a former process has stored it.
void restore_incident(Workload& workload, const Incident& incident);

class IncidentMachine {
 public:
  IncidentMachine(Rare<OpenIncident>& own, const View& view, Out& out);

  void open(IncidentCause cause, const Reason& why);
  /// Decides the end. `why`: StoppedByOperator.
  void close(IncidentOutcome outcome, WantedEnd why);
  /// Its end is stored and notified.
  void release();
  void acknowledge(const std::string& by);
  void worse();

 private:
  void go(IncidentTable::Input input, IncidentTable::State next);

  Rare<OpenIncident>& own_;
  const Workload& w_;
  Instant now_;
  Out& out_;
};

}  // namespace healer
