#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/action.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace healer {

/// The control probe: something that answers whenever healer's own network is well. While it does not,
/// what healer sees fail says nothing about the targets. HEALING.md 5, "Healer is the sick one".
///
///   state   | input                         | next    | what is done
///   --------+-------------------------------+---------+-------------------------------------------------
///   Off     | a target is configured        | Unasked | asked at once
///   Unasked | an answer                     | Well    |
///   Unasked | no answer                     | Failed  |
///   Well    | an answer                     | Well    |
///   Well    | no answer                     | Failed  | every failing check is unknown from here on
///   Failed  | no answer, for 10 s by now    | Failed  | people are told, once
///   Failed  | an answer                     | Well    | checks count again; told if its failure was
///   any     | the interval is over, or a    | same    | asked, one question at a time
///           | verdict waits for it          |         |
///   any     | another target, or none       | Unasked / Off | what was told is taken back
///
/// Any answer at all is one: an HTTP 503 came over the network too.
class Control {
 public:
  enum class State { Off, Unasked, Well, Failed };
  enum class News { None, Failing, Over };  ///< what people are to be told

  /// Asks when it is time to. To be called in every step: cheap when nothing is due.
  News run_due(const HostPolicy& policy, Instant now, std::uint64_t& last_probe, Actions& out);
  /// An answer; one to an older question changes nothing.
  News finished(const ProbeFinished& finished, const HostPolicy& policy, Instant now, Actions& out);
  /// A verdict of this workload waits for the next answer: asked for at once.
  void await(const std::string& workload, Instant now);
  /// Those that waited and can be decided now: sorted, each once.
  std::vector<std::string> take_waiting();

  State state() const { return state_; }
  bool failed() const { return state_ == State::Failed; }
  /// It answered, or failed to, at this instant or later; or nobody asks it.
  bool knows_since(Instant when) const { return state_ == State::Off || when <= answered_at_; }
  /// Of the newest failure: what was seen, and since when.
  const std::string& why() const { return why_; }
  Instant failed_since() const { return failed_since_; }
  std::optional<Instant> next_deadline() const;

 private:
  struct Question {
    ProbeId id;
    Instant give_up{};
  };
  News judged(bool answered, std::string why, const HostPolicy& policy, Instant now, Actions& out);
  News forget(Actions& out);

  State state_ = State::Off;
  ProbeTargetPtr target_;
  std::optional<Question> open_;
  Instant due_{};
  std::optional<Instant> answered_at_;
  Instant failed_since_{};
  bool told_ = false;
  std::string why_;
  std::vector<std::string> waiting_;  ///< workloads
  bool decidable_ = false;            ///< an answer has come for them
};

}  // namespace healer
