#include "probe/socket_prober.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/timer_heap.hpp"
#include "net/loop.hpp"
#include "probe/conversation.hpp"
#include "probe/socket_errors.hpp"

namespace healer {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto linger_limit = 200ms;

/// The phases of a slot; each step goes only to the right. A redirect retires one slot and takes another with
/// the same id.
///
///     Free -> Open -> [Lingering] -> Free
///               '------> Settled -----^
enum class Phase : std::uint8_t {
  Free,
  Open,
  Settled,    ///< ended within open(): the answer waits for the loop's next turn
  Lingering,  ///< answered: the socket waits for the peer's close, and drops what still arrives
};

struct Question {
  ProbeId id;
  ProbeTargetPtr target;
  Clock::time_point started;
  Clock::time_point expires;
  std::uint32_t generation = 0;  // distinguishes events of this use of the slot from those of the last use
  Phase phase = Phase::Free;
  bool waiting = false;  // the slot's deadline is that of a wait of its conversation
  Conversation conversation;
};

/// The answer of a check that ended within start().
struct Settled {
  std::uint32_t slot;
  std::uint32_t generation;
  ProbeFacts facts;
};

ProbeFacts facts_of(Conversation::Fault fault) {
  ProbeFacts facts;
  facts.end = fault.end;
  facts.detail = std::move(fault.detail);
  facts.protocol = fault.protocol;
  facts.wants_certificate = fault.wants_certificate;
  return facts;
}

}  // namespace

struct SocketProber::Impl : std::enable_shared_from_this<Impl> {
  Impl(net::Loop& loop, Sink sink, WallClock clock, int epoll)
      : loop(loop), sink(std::move(sink)), poller(loop.context(), epoll), timer(loop) {
    shared.clock = std::move(clock);
  }

  net::Loop& loop;
  Sink sink;
  boost::asio::posix::stream_descriptor poller;  // the prober's epoll instance, which the loop watches
  net::Timer timer;
  Clock::time_point timer_set_for = Clock::time_point::max();
  TimerHeap<Clock::time_point> deadlines;
  std::deque<Question> questions;  // by slot; in a deque no element moves when a sink starts another check
  std::vector<std::uint32_t> free_slots;
  std::unordered_map<ProbeId, std::uint32_t> slots;
  std::vector<Settled> settled;
  std::size_t lingering = 0;
  Conversation::Shared shared;
  std::array<epoll_event, 256> events;

  // One turn of the loop
  void watch();
  void poll_once();
  void arm_timer();
  void expire();
  void deliver_settled();
  void shut_down();

  // One check
  void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout);
  void cancel(ProbeId id);
  std::uint32_t take_slot(ProbeId id, ProbeTargetPtr target, Clock::time_point started,
                          Clock::time_point expires);
  void open(std::uint32_t slot, std::unique_ptr<const HttpHop> hop);
  bool watch_socket(std::uint32_t slot, int operation);
  void drive(std::uint32_t slot, std::uint32_t flags);
  void drain(std::uint32_t slot, std::uint32_t flags);
  void wait_over(std::uint32_t slot);
  void go_on(std::uint32_t slot, std::optional<Conversation::End> end);

  // The end of a check
  void finish(std::uint32_t slot, bool peer_closed);
  void follow(std::uint32_t slot, std::unique_ptr<const HttpHop> hop, bool linger);
  void answer(std::uint32_t slot, ProbeFacts facts, bool linger);
  void settle(std::uint32_t slot, Conversation::Fault fault);
  void retire(std::uint32_t slot, bool linger);
  void close_lingering();
  void release(std::uint32_t slot);
};

// ---- one turn of the loop

void SocketProber::Impl::watch() {
  poller.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [weak = weak_from_this()](const boost::system::error_code& error) {
                      const auto self = weak.lock();
                      if (!self || error || !self->sink) return;
                      self->poll_once();
                      if (self->sink) self->watch();
                    });
}

// One batch per turn of the loop. If more events are ready, the next watch() completes at once, after the
// other work that waits on the loop.
void SocketProber::Impl::poll_once() {
  const int count = epoll_wait(poller.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event event = events[static_cast<std::size_t>(i)];
    const auto slot = static_cast<std::uint32_t>(event.data.u64);
    const auto generation = static_cast<std::uint32_t>(event.data.u64 >> 32);
    // The check ended earlier in this batch, or a forked child still holds its descriptor.
    if (questions[slot].generation != generation) continue;
    drive(slot, event.events);
  }
}

void SocketProber::Impl::arm_timer() {
  if (deadlines.empty() || deadlines.earliest() >= timer_set_for) return;
  timer_set_for = deadlines.earliest();
  timer.set(timer_set_for, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || !self->sink) return;
    self->timer_set_for = Clock::time_point::max();
    self->expire();
  });
}

void SocketProber::Impl::expire() {
  const auto now = Clock::now();
  while (!deadlines.empty() && deadlines.earliest() <= now) {
    const std::uint32_t slot = deadlines.earliest_key();
    if (questions[slot].phase == Phase::Lingering) {
      release(slot);
    } else if (questions[slot].waiting) {
      wait_over(slot);
    } else {
      go_on(slot, questions[slot].conversation.expired());
    }
  }
  arm_timer();
}

void SocketProber::Impl::deliver_settled() {
  auto batch = std::exchange(settled, {});
  for (Settled& each : batch) {
    if (questions[each.slot].generation != each.generation) continue;  // cancelled meanwhile
    const ProbeId id = questions[each.slot].id;
    release(each.slot);
    sink(id, std::move(each.facts));
  }
}

void SocketProber::Impl::shut_down() {
  sink = nullptr;
  timer.cancel();
  questions.clear();
  slots.clear();
  boost::system::error_code ignored;
  poller.close(ignored);
}

// ---- one check

void SocketProber::Impl::start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) {
  const auto now = Clock::now();
  open(take_slot(id, target, now, now + timeout), nullptr);
  arm_timer();
}

std::uint32_t SocketProber::Impl::take_slot(ProbeId id, ProbeTargetPtr target, Clock::time_point started,
                                            Clock::time_point expires) {
  if (free_slots.empty()) {
    free_slots.push_back(static_cast<std::uint32_t>(questions.size()));
    questions.emplace_back();
  }
  const std::uint32_t slot = free_slots.back();
  free_slots.pop_back();
  [[maybe_unused]] const bool fresh = slots.emplace(id, slot).second;
  assert(fresh && "two open questions with one id");
  Question& question = questions[slot];
  question.id = id;
  question.target = std::move(target);
  question.started = started;
  question.expires = expires;
  question.phase = Phase::Open;
  deadlines.set(slot, expires);
  return slot;
}

void SocketProber::Impl::open(std::uint32_t slot, std::unique_ptr<const HttpHop> hop) {
  Question& question = questions[slot];
  const auto timeout = std::chrono::duration_cast<Duration>(question.expires - question.started);
  const auto try_once = [&] { return question.conversation.open(*question.target, timeout, hop, shared); };
  auto fault = try_once();
  if (fault && fault->end == ProbeEnd::NoResources && lingering > 0) {
    close_lingering();
    fault = try_once();
  }
  if (fault) return settle(slot, std::move(*fault));
  if (!watch_socket(slot, EPOLL_CTL_ADD)) settle(slot, {end_of_errno(errno, false), text_of_errno(errno)});
}

bool SocketProber::Impl::watch_socket(std::uint32_t slot, int operation) {
  const Question& question = questions[slot];
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET | (question.conversation.wants_writable() ? EPOLLOUT : 0u);
  event.data.u64 = static_cast<std::uint64_t>(question.generation) << 32 | slot;
  return epoll_ctl(poller.native_handle(), operation, question.conversation.descriptor(), &event) == 0;
}

void SocketProber::Impl::drive(std::uint32_t slot, std::uint32_t flags) {
  Question& question = questions[slot];
  if (question.phase == Phase::Settled) return;
  if (question.phase == Phase::Lingering) return drain(slot, flags);
  const bool watched_writable = question.conversation.wants_writable();
  auto end = question.conversation.drive(flags, shared);
  const bool changed = question.conversation.wants_writable() != watched_writable;
  if (!end && changed && !watch_socket(slot, EPOLL_CTL_MOD))
    end = Conversation::End{Conversation::Fault{end_of_errno(errno, true), text_of_errno(errno)}};
  go_on(slot, std::move(end));
}

void SocketProber::Impl::drain(std::uint32_t slot, std::uint32_t flags) {
  const bool closed = (flags & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  Conversation& conversation = questions[slot].conversation;
  if (closed && !conversation.drains_to_the_end()) return release(slot);
  if (!conversation.drain() || closed) release(slot);
}

void SocketProber::Impl::wait_over(std::uint32_t slot) {
  Question& question = questions[slot];
  question.waiting = false;
  deadlines.set(slot, question.expires);
  go_on(slot, question.conversation.wait_over(shared));
}

// Ends the check, or begins the wait that its conversation wants.
void SocketProber::Impl::go_on(std::uint32_t slot, std::optional<Conversation::End> end) {
  Question& question = questions[slot];
  if (end && end->fault) return answer(slot, facts_of(std::move(*end->fault)), false);
  if (end) return finish(slot, end->peer_closed);
  const Duration wait = question.conversation.take_wait();
  if (wait == Duration{0} || question.waiting) return;
  question.waiting = true;
  deadlines.set(slot, std::min(Clock::now() + wait, question.expires));
  arm_timer();
}

void SocketProber::Impl::cancel(ProbeId id) {
  const auto found = slots.find(id);
  if (found != slots.end()) release(found->second);
}

// ---- the end of a check

void SocketProber::Impl::finish(std::uint32_t slot, bool peer_closed) {
  Conversation& conversation = questions[slot].conversation;
  const bool linger = conversation.peer_will_close() && !peer_closed;
  if (auto hop = conversation.next()) return follow(slot, std::move(hop), linger);
  ProbeFacts facts = conversation.take_facts(shared);
  const bool answered = facts.end == ProbeEnd::Answered || facts.end == ProbeEnd::Compressed;
  if (answered) conversation.say_goodbye();
  answer(slot, std::move(facts), answered && linger);
}

// The old connection ends as without a redirect; the check continues over a new one, with the time that is
// left.
void SocketProber::Impl::follow(std::uint32_t slot, std::unique_ptr<const HttpHop> hop, bool linger) {
  Question& question = questions[slot];
  const ProbeId id = question.id;
  const ProbeTargetPtr target = question.target;
  const auto started = question.started;
  const auto expires = question.expires;
  question.conversation.say_goodbye();
  retire(slot, linger);
  open(take_slot(id, target, started, expires), std::move(hop));
  arm_timer();
}

void SocketProber::Impl::answer(std::uint32_t slot, ProbeFacts facts, bool linger) {
  const Question& question = questions[slot];
  const ProbeId id = question.id;
  facts.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - question.started);
  retire(slot, linger);
  sink(id, std::move(facts));
}

void SocketProber::Impl::settle(std::uint32_t slot, Conversation::Fault fault) {
  Question& question = questions[slot];
  question.conversation.close();
  deadlines.remove(slot);
  question.phase = Phase::Settled;
  if (settled.empty())
    loop.post([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && self->sink) self->deliver_settled();
    });
  ProbeFacts facts = facts_of(std::move(fault));
  facts.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - question.started);
  settled.push_back({slot, question.generation, std::move(facts)});
}

// Ends the use of a connection: closes it, or waits a moment for the server to close it.
void SocketProber::Impl::retire(std::uint32_t slot, bool linger) {
  if (!linger) return release(slot);
  Question& question = questions[slot];
  slots.erase(question.id);
  question.target.reset();
  question.phase = Phase::Lingering;
  ++lingering;
  deadlines.set(slot, Clock::now() + linger_limit);
  arm_timer();
}

void SocketProber::Impl::close_lingering() {
  for (std::uint32_t slot = 0; slot < questions.size() && lingering > 0; ++slot)
    if (questions[slot].phase == Phase::Lingering) release(slot);
}

void SocketProber::Impl::release(std::uint32_t slot) {
  Question& question = questions[slot];
  if (question.phase == Phase::Lingering) {
    --lingering;
  } else {
    slots.erase(question.id);
  }
  deadlines.remove(slot);
  const std::uint32_t next_generation = question.generation + 1;
  question = Question{};
  question.generation = next_generation;
  free_slots.push_back(slot);
}

// ---- the prober

Result<std::unique_ptr<SocketProber>> SocketProber::create(net::Loop& loop, Sink sink, WallClock clock) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0)
    return failure(ErrorCode::Busy, "the prober gets no epoll instance: " + text_of_errno(errno));
  auto impl = std::make_shared<Impl>(loop, std::move(sink), std::move(clock), epoll);
  impl->watch();
  return std::unique_ptr<SocketProber>(new SocketProber(std::move(impl)));
}

SocketProber::SocketProber(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

SocketProber::~SocketProber() {
  impl_->shut_down();
}

void SocketProber::start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) {
  impl_->start(id, target, timeout);
}

void SocketProber::cancel(ProbeId id) {
  impl_->cancel(id);
}

std::size_t SocketProber::open() const {
  return impl_->slots.size();
}

}  // namespace healer
