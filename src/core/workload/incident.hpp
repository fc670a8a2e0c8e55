#pragma once

#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/rare.hpp"
#include "base/time.hpp"
#include "model/record.hpp"

namespace healer {

class Out;
struct HostState;
struct View;
struct Workload;

/// The open incident of a workload, as far as it is neither the remediation's (attempts, ladder step) nor the
/// notifications' (who got what); incident_record() puts the parts together.
///
///   incident     | input                             | next         | what is done
///   -------------+-----------------------------------+--------------+-----------------------------------------
///   (none)       | a reason to remedy the workload   | Opened       | counted, stored, notified when due
///   Opened       | `healer ack`                      | Acknowledged | no reminders, no escalation
///   Acknowledged | `healer ack`                      | Acknowledged | the newest name counts
///   Acknowledged | a critical notification: it is    | Opened       | reminders and escalation again
///                | worse than what was acknowledged  |              |
///   Opened,      | recovered, stopped, removed, no   | (none)       | its end is decided, stored and
///   notified Acknowledged | longer opted in                   |              |
struct OpenIncident {
  IncidentId id;
  std::string name;
  std::string image;
  IncidentCause cause = IncidentCause::ProbeFailed;
  std::string cause_text;
  Instant unhealthy_since{};
  Instant opened_at{};
  std::optional<Instant> closed_at;  ///< set while its end is decided, in the step that closes it
  IncidentOutcome outcome = IncidentOutcome::Open;
  std::optional<Instant> acked_at;
  std::string acked_by;
};

/// The incident as it is stored. Only while one is open.
Incident incident_record(const Workload& workload);
/// Gives the workload its incident, as a former process has stored it.
void restore_incident(Workload& workload, const Incident& incident);

class IncidentMachine {
 public:
  IncidentMachine(Rare<OpenIncident>& own, const View& view, Out& out);

  void open(IncidentCause cause, const std::string& text);
  /// Decides the end. `why`: for operators, unless the workload is healthy.
  void close(IncidentOutcome outcome, const std::string& why);
  /// Its end is stored and notified.
  void release();
  void acknowledge(const std::string& by);
  void worse();

 private:
  Rare<OpenIncident>& own_;
  const Workload& w_;
  Instant now_;
  Out& out_;
};

}  // namespace healer
