#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/workload/probe_target.hpp"
#include "core/workload/trust.hpp"
#include "model/container.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "model/probe.hpp"
#include "model/record.hpp"

namespace healer {

class Out;
struct HostState;
struct View;
struct Workload;

/// One probe of a workload; most workloads have only one. All must pass.
struct WorkloadProbe {
  std::string name;  ///< empty: the unnamed probe
  TargetResolution resolution;
  unsigned spec = 0;  ///< its place in the policy, see spec_of()
  Trust trust = Trust::Proven;
  bool candidate = false;  ///< the automatic selection has not chosen yet; one of the candidates will stay
  Instant next_at{};       ///< candidate: not checked before; Instant::max(): not in this instance
  bool open = false;       ///< its check in this round has no result yet
  bool hangs = false;      ///< exec: a command in this instance ran into its timeout and may still run
  std::optional<Verdict>
      verdict;  ///< the newest of this instance; for a HEALTHCHECK the engine's last report
};

/// The probes of a workload, and what is known of them. "Candidate": without a probe label each port that may
/// answer is a probe until one of them is chosen. HEALING.md 2.
///
///   probe            | input                                        | what follows
///   -----------------+----------------------------------------------+----------------------------------------
///   candidate        | a round ends, it passed, and no lower port   | chosen and Proven; the others are
///                    | may still pass                               | dropped
///   candidate        | it speaks another protocol                   | asked with TLS, or without
///   candidate        | it has no such path, or wants something else | asked 10 intervals later
///   candidate        | it speaks no HTTP                            | not asked again in this instance
///   any              | a round ends, and it passed                  | Proven, see Trust
///   any              | the container, the policy or the probe       | selected again
///                    | origin changes                               |
struct Probes {
  std::vector<WorkloadProbe> selected;  ///< not empty after the workload was once seen running
  std::vector<TrustedProbe> trusted;
  std::string unproven_notified;  ///< fingerprint of the unproven probe that operators know of

  /// The engine's HEALTHCHECK decides alone: it is the only probe, or no candidate has been chosen yet.
  bool uses_engine_health() const;
  /// The engine's HEALTHCHECK is one of its probes.
  bool listens_to_engine() const;
  /// The configuration gives no probe target and no HEALTHCHECK.
  bool none() const;
  /// For operators: "http 127.0.0.1:8080/health"; several probes with their names.
  std::string text() const;
};

/// The configuration of a workload's probe: WorkloadProbe::spec counts the unnamed probe first, if there is
/// one.
const ProbeSpec& spec_of(unsigned spec, const Policy& policy);
/// Its name, or its kind if it has none.
const char* label(const WorkloadProbe& probe);
/// The failures of the probe count.
bool counts(const WorkloadProbe& probe, const Policy& policy);
/// A prober can ask it, and should now.
bool is_due(const WorkloadProbe& probe, Instant now);
/// Nothing of the probes has ever passed, so the failures say more about the configuration than about the
/// container.
Verdict unproven_verdict(const Probes& probes, const Policy& policy);

/// Selects the probes of a workload, and trusts those that have passed. It is a part of the machine of
/// checks, which alone calls it.
class ProbeSelection {
 public:
  ProbeSelection(Probes& own, const View& view, Out& out);

  /// The probes that the configuration and the container give now.
  std::vector<WorkloadProbe> found() const;
  /// Trust: only that changes.
  enum class Change { None, Trust, Target };
  Change change_to(const std::vector<WorkloadProbe>& found) const;
  void take(std::vector<WorkloadProbe> found);

  /// A check of the candidate has its result: when and how it is asked next.
  void note_candidate(WorkloadProbe& probe, const ProbeFacts& facts) const;
  /// With several probes, the HEALTHCHECK's last verdict counts in each round.
  void note_engine_health(EngineHealth health);
  void note_engine_verdict(const std::optional<Verdict>& verdict);
  /// After a round: probes that passed are trusted from now on.
  void trust_passed();
  /// Operators are notified once of a configuration that has never passed.
  void report_unproven();

 private:
  void select_among(std::vector<WorkloadProbe>& found, const WorkloadProbe& like,
                    const ProbeSpec& spec) const;
  void trust(WorkloadProbe& probe);
  void choose_among(unsigned spec);

  Probes& own_;
  const Workload& w_;
  const HostState& host_;
  Instant now_;
  Out& out_;
};

}  // namespace healer
