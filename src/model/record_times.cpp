#include "model/record_times.hpp"

#include <optional>

namespace healer {
namespace {

/// One overload for each kind of record: a new one does not compile until its times are listed here.
class Mover {
 public:
  explicit Mover(Duration by) : by_(by) {}

  void operator()(WorkloadRecord& record) const {
    all(record.breaker_until, record.backoff_changed_at, record.last_announced, record.quiet_since,
        record.reset_at, record.paused_until);
    for (FiringSignal& signal : record.signals) all(signal.since, signal.told_at);
  }
  void operator()(Incident& incident) const {
    all(incident.ill_since, incident.opened_at, incident.closed_at, incident.told_at, incident.acked_at);
    for (Escalation& escalation : incident.escalations) all(escalation.due);
  }
  void operator()(Attempt& attempt) const { all(attempt.ordered_at, attempt.ended_at); }
  void operator()(RaisedAlert& raised) const {
    all(raised.alert.raised_at, raised.alert.ill_since);
    for (Destination& destination : raised.destinations) all(destination.not_before);
  }
  void operator()(Delivery& delivery) const { all(delivery.next_try); }
  void operator()(HostRecord& host) const { all(host.paused_until, host.mass_since); }
  void operator()(Evidence& evidence) const { all(evidence.taken_at); }
  void operator()(Decision& decision) const { all(decision.at); }
  void operator()(Receipt& receipt) const { all(receipt.at); }
  void operator()(EventCursor&) const {}  // by the engine's clock

 private:
  void move(Instant& at) const {
    if (at != Instant{} && at != Instant::max()) at += by_;
  }
  void move(std::optional<Instant>& at) const {
    if (at) move(*at);
  }
  template <class... Times>
  void all(Times&... times) const {
    (move(times), ...);
  }

  Duration by_;
};

}  // namespace

void move_times(Record& record, Duration by) {
  if (by != Duration{0}) std::visit(Mover(by), record);
}

}  // namespace healer
