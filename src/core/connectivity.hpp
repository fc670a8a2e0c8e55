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

/// The connectivity check: something that answers whenever healer's own network is healthy. While it does
/// not, what healer sees fail says nothing about the targets. HEALING.md 5, "Healer itself has a problem".
///
///   state     | input                      | next            | what is done
///   ----------+----------------------------+-----------------+----------------------------------------------
///   Off       | a target is configured     | Unchecked       | asked at once
///   Unchecked | an answer                  | Healthy         |
///   Unchecked | no answer                  | Failed          |
///   Healthy   | an answer                  | Healthy         |
///   Healthy   | no answer                  | Failed          | every failing check is unknown from here on
///   Failed    | no answer, for 10 s by now | Failed          | operators are notified, once
///   Failed    | an answer                  | Healthy         | checks count again; notified if its failure
///             |                            |                 | was
///   any       | the interval is over, or a | same            | asked, one question at a time
///             | verdict waits for it       |                 |
///   any       | another target, or none    | Unchecked / Off | what was notified is taken back
///
/// Any answer at all is one: an HTTP 503 came over the network too.
class ConnectivityCheck {
 public:
  enum class State { Off, Unchecked, Healthy, Failed };
  enum class Change { None, Failing, Over };  ///< what operators are to be notified

  /// Asks when it is time to. To be called in every step: cheap when nothing is due.
  Change run_due(const HostPolicy& policy, Instant now, std::uint64_t& last_probe, Effects& out);
  /// An answer; one to an older question changes nothing.
  Change finished(const ProbeFinished& finished, const HostPolicy& policy, Instant now, Effects& out);
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
  Change judged(bool answered, std::string why, const HostPolicy& policy, Instant now, Effects& out);
  Change forget(Effects& out);

  State state_ = State::Off;
  ProbeTargetPtr target_;
  std::optional<Question> open_;
  Instant due_{};
  std::optional<Instant> answered_at_;
  Instant failed_since_{};
  bool notified_ = false;
  std::string why_;
  std::vector<std::string> waiting_;  ///< workloads
  bool decidable_ = false;            ///< an answer has come for them
};

}  // namespace healer
