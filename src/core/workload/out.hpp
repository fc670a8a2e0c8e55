#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/workload/findings.hpp"
#include "core/workload/transition.hpp"
#include "core/workload/view.hpp"
#include "model/effect.hpp"

namespace healer {

/// What a machine gives back: effects, in order, and findings for the controller.
class Out {
 public:
  Out(Workload& workload, HostState& host, Instant now, Effects& effects)
      : workload_(workload), now_(now), ids_(host.ids), watch_(host.transition_watch), effects_(effects) {}

  /// For each type of effect. Not inline: moving an Effect takes every file that does it seconds to compile.
  template <class OneEffect>
  void add(OneEffect effect);
  void log(LogLevel level, Fact fact);
  /// A decision, for the history and `healer explain`; it belongs to the incident that is open now.
  void decide(Rule rule, Fact fact);
  /// An outcome, for `healer explain`.
  void checked(Outcome outcome, Cause cause) { workload_.facts.checked(outcome, cause, now_); }
  void inspect() { add(Inspect{workload_.container.id}); }
  void report(WorkloadFinding finding) { findings_.push_back(std::move(finding)); }
  /// The workload's record changed, and must be written at the end of the step.
  void record_changed() { workload_.dirty = true; }
  Ids& ids() { return ids_; }
  /// A machine took this row of its table. A table without the row is a defect: it is logged, and a debug
  /// build stops unless a test watches.
  template <class Table>
  void went(const Row<Table>& row) {
    if (!has_row<Table>(row))
      unknown_transition(Table::name, static_cast<int>(row.from), static_cast<int>(row.input),
                         static_cast<int>(row.to));
    if (watch_) watch_(workload_, row);
  }

  bool has_findings() const { return !findings_.empty(); }
  /// The findings since the last call.
  std::vector<WorkloadFinding> take_findings() { return std::exchange(findings_, {}); }

 private:
  void unknown_transition(const char* machine, int from, int input, int to);

  Workload& workload_;
  Instant now_;
  Ids& ids_;
  const TransitionWatch& watch_;
  Effects& effects_;
  std::vector<WorkloadFinding> findings_;
};

}  // namespace healer
