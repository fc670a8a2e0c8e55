#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace healer {

/// The connectivity check: a check of the control target, which answers whenever healer's own network works.
/// While the control target does not answer, failing checks say nothing about their targets. HEALING.md 5,
/// "Healer itself has a problem".
///
///   state     | input                      | next            | what is done
///   ----------+----------------------------+-----------------+----------------------------------------------
///   Off       | a target is configured     | Unchecked       | checked at once
///   Unchecked | an answer                  | Healthy         |
///   Unchecked | no answer                  | Failed          |
///   Healthy   | an answer                  | Healthy         |
///   Healthy   | no answer                  | Failed          | every failing check is unknown from here on
///   Failed    | no answer for 10 s         | Failed          | operators are notified, once
///   Failed    | an answer                  | Healthy         | failing checks count again; operators are
///             |                            |                 | notified if they were of the failure
///   any       | the interval is over, or a | same            | checked, one check at a time
///             | verdict waits for it       |                 |
///   any       | another target, or none    | Unchecked / Off | operators are notified of the end if they
///             |                            |                 | were of the failure
///
/// Every answer counts, also an HTTP 503: it came over the network.
class ConnectivityCheck {
 public:
  enum class State { Off, Unchecked, Healthy, Failed };
  enum class Change { None, Failing, Over };  ///< what operators must be notified of

  /// Starts the check if it is due. Called in every step; cheap if nothing is due.
  Change run_due(const HostPolicy& policy, Instant now, std::uint64_t& last_probe, Effects& out);
  /// Takes the result of a check; the result of an older check changes nothing.
  Change finished(const ProbeFinished& finished, const HostPolicy& policy, Instant now, Effects& out);
  /// A verdict of this workload waits for the next result, so the check is due at once.
  void await(const std::string& workload, Instant now);
  /// The waiting workloads, if a result has come: sorted, each once.
  std::vector<std::string> take_waiting();

  State state() const { return state_; }
  bool failed() const { return state_ == State::Failed; }
  /// Whether there is a result from this instant or later, or no check is configured.
  bool knows_since(Instant when) const { return state_ == State::Off || when <= answered_at_; }
  /// The newest failure: what was found, and since when.
  const CheckProblem& problem() const { return problem_; }
  Instant failed_since() const { return failed_since_; }
  std::optional<Instant> next_deadline() const;

 private:
  struct Question {
    ProbeId id;
    Instant give_up{};
  };
  Change judged(const CheckProblem& found, const HostPolicy& policy, Instant now, Effects& out);
  Change forget(Effects& out);

  State state_ = State::Off;
  ProbeTargetPtr target_;
  std::optional<Question> open_;
  Instant due_{};
  std::optional<Instant> answered_at_;
  Instant failed_since_{};
  bool notified_ = false;
  CheckProblem problem_;
  std::vector<std::string> waiting_;  ///< keys of workloads
  bool decidable_ = false;            ///< a result has come since the last take_waiting()
};

}  // namespace healer
