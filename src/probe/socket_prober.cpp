#include "probe/socket_prober.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/loop.hpp"
#include "probe/deadline_heap.hpp"
#include "probe/http_request.hpp"
#include "probe/http_response.hpp"
#include "probe/socket_errors.hpp"
#include "probe/tls_session.hpp"

namespace healer {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t banner_cap = 10 * 1024;  // as ProbeFacts::body says
constexpr auto linger_limit = 200ms;
constexpr std::uint32_t closed_by_peer = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/// A question's way, each step only to the right:
///
///     Free -> Connecting -> [Handshaking] -> Sending -> Reading -> [Lingering] -> Free
///                  '------------ any failure inside start() ----> Settled -----------^
enum class Phase : std::uint8_t {
  Free,
  Connecting,
  Handshaking,
  Sending,
  Reading,
  Settled,    ///< ended inside start(): the answer waits for the loop's next turn
  Lingering,  ///< answered: the socket waits for the server's close
};

struct Question {
  ProbeId id;
  ProbeTargetPtr target;
  Clock::time_point started;
  int socket = -1;
  std::uint32_t generation = 0;  // tells events of this use of the slot from those of the last
  std::uint32_t sent = 0;
  Phase phase = Phase::Free;
  HttpResponseParser parser;
  std::string banner;
  std::unique_ptr<TlsSession> tls;
};

/// The answer of a question that ended inside start().
struct Settled {
  std::uint32_t slot;
  std::uint32_t generation;
  ProbeFacts facts;
};

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;  // 0: not numeric
};

Address address_of(const Endpoint& endpoint) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, endpoint.address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(endpoint.port);
    address.length = sizeof *v4;
  } else if (inet_pton(AF_INET6, endpoint.address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(endpoint.port);
    address.length = sizeof *v6;
  }
  return address;
}

const Endpoint& endpoint_of(const ProbeTarget& target) {
  if (const auto* tcp = std::get_if<TcpTarget>(&target)) return tcp->endpoint;
  return std::get<HttpTarget>(target).endpoint;
}

}  // namespace

struct SocketProber::Impl : std::enable_shared_from_this<Impl> {
  Impl(net::Loop& loop, Sink sink, int epoll)
      : loop(loop), sink(std::move(sink)), poller(loop.context(), epoll), timer(loop) {}

  // What the questions share. One thread, so one buffer for all that is read and one for requests.
  net::Loop& loop;
  Sink sink;
  boost::asio::posix::stream_descriptor poller;  // our own epoll instance, itself watched by the loop
  net::Timer timer;
  Clock::time_point timer_set_for = Clock::time_point::max();
  DeadlineHeap deadlines;
  std::deque<Question> questions;  // by slot; a deque, so that a sink that starts another moves none
  std::vector<std::uint32_t> free_slots;
  std::unordered_map<ProbeId, std::uint32_t> slots;
  std::vector<Settled> settled;
  std::size_t lingering = 0;
  TlsSessions tls;
  std::string request;
  std::array<char, 32 * 1024> buffer;
  std::array<epoll_event, 256> events;

  // The loop's turn
  void watch();
  void poll_once();
  void arm_timer();
  void expire();
  void deliver_settled();
  void shut_down();

  // One question
  void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout);
  void cancel(ProbeId id);
  int open_socket(int family);
  void connect(std::uint32_t slot);
  void drive(std::uint32_t slot, std::uint32_t flags);
  bool connection_open(std::uint32_t slot, std::uint32_t flags);
  bool handshake(std::uint32_t slot);
  bool send_request(std::uint32_t slot);
  void read_answer(std::uint32_t slot, std::uint32_t flags);
  void read_tls_answer(std::uint32_t slot);
  void read_banner(std::uint32_t slot, std::uint32_t flags);
  void take_bytes(std::uint32_t slot, std::string_view bytes, bool peer_closed);
  void take_close(std::uint32_t slot);
  void take_end(std::uint32_t slot, HttpResponseParser::State state, bool peer_closed);

  // Its end
  ProbeFacts facts_of(const Question& question, ProbeEnd end, std::string detail) const;
  void answer(std::uint32_t slot, ProbeEnd end, std::string detail, bool linger = false);
  void answer_errno(std::uint32_t slot, int error);
  void settle(std::uint32_t slot, ProbeEnd end, std::string detail);
  void close_lingering();
  void release(std::uint32_t slot);
};

// ---- the loop's turn

void SocketProber::Impl::watch() {
  poller.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [weak = weak_from_this()](const boost::system::error_code& error) {
                      const auto self = weak.lock();
                      if (!self || error || !self->sink) return;
                      self->poll_once();
                      if (self->sink) self->watch();
                    });
}

// One batch for each turn of the loop: with more ready, the next watch() completes at once, after
// whatever else waits on the loop.
void SocketProber::Impl::poll_once() {
  const int count = epoll_wait(poller.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event event = events[static_cast<std::size_t>(i)];
    const auto slot = static_cast<std::uint32_t>(event.data.u64);
    const auto generation = static_cast<std::uint32_t>(event.data.u64 >> 32);
    // A question that ended earlier in this batch, or whose descriptor a forked child still holds.
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
    switch (questions[slot].phase) {
      case Phase::Lingering:
        release(slot);
        break;
      case Phase::Connecting:
        answer(slot, ProbeEnd::ConnectTimeout, "no connection in time");
        break;
      case Phase::Handshaking:
        answer(slot, ProbeEnd::AnswerTimeout, "TLS handshake not finished in time");
        break;
      default:
        answer(slot, ProbeEnd::AnswerTimeout, "no whole answer in time");
        break;
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
  for (Question& question : questions)
    if (question.socket >= 0) ::close(question.socket);
  questions.clear();
  slots.clear();
  boost::system::error_code ignored;
  poller.close(ignored);
}

// ---- one question

void SocketProber::Impl::start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) {
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
  question.target = target;
  question.started = Clock::now();
  question.phase = Phase::Connecting;
  deadlines.set(slot, question.started + timeout);
  connect(slot);
  arm_timer();
}

int SocketProber::Impl::open_socket(int family) {
  const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  int opened = ::socket(family, type, IPPROTO_TCP);
  if (opened < 0 && lingering > 0 && (errno == EMFILE || errno == ENFILE)) {
    close_lingering();
    opened = ::socket(family, type, IPPROTO_TCP);
  }
  return opened;
}

void SocketProber::Impl::connect(std::uint32_t slot) {
  Question& question = questions[slot];
  const Endpoint& endpoint = endpoint_of(*question.target);
  const Address address = address_of(endpoint);
  if (address.length == 0)
    return settle(slot, ProbeEnd::NoRoute, "not a numeric address: " + endpoint.address);
  const auto fail = [&] { settle(slot, end_of_errno(errno, false), text_of_errno(errno)); };
  question.socket = open_socket(address.storage.ss_family);
  if (question.socket < 0) return fail();
  const auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(question.socket, raw, address.length) != 0 && errno != EINPROGRESS) return fail();

  std::uint32_t wanted = EPOLLIN | EPOLLRDHUP | EPOLLET;
  const auto* http = std::get_if<HttpTarget>(question.target.get());
  if (http != nullptr && http->tls) {
    auto session = tls.open(question.socket, *http);
    if (!session) {
      const bool memory = session.error().code == ErrorCode::Busy;
      return settle(slot, memory ? ProbeEnd::NoResources : ProbeEnd::TlsFailed, session.error().message);
    }
    question.tls = std::make_unique<TlsSession>(std::move(*session));
  }
  if (http != nullptr) question.parser = HttpResponseParser(http->capture_body);
  if (http != nullptr && !http->tls) {
    // To a target on this host, which most are, the handshake is over by the time connect() returns: sending
    // at once saves a wake-up for each question, and elsewhere costs one call that says EAGAIN.
    write_http_request(*http, request);
    const ssize_t sent = ::send(question.socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return fail();
    if (sent >= 0) question.phase = Phase::Sending;
    if (sent > 0) question.sent = static_cast<std::uint32_t>(sent);
    if (question.sent == request.size()) question.phase = Phase::Reading;
  }
  if (question.phase != Phase::Reading) wanted |= EPOLLOUT;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = static_cast<std::uint64_t>(question.generation) << 32 | slot;
  if (epoll_ctl(poller.native_handle(), EPOLL_CTL_ADD, question.socket, &event) != 0) return fail();
}

// Every step first looks whether the one before it is over, since one event may allow several.
void SocketProber::Impl::drive(std::uint32_t slot, std::uint32_t flags) {
  Question& question = questions[slot];
  if (question.phase == Phase::Settled) return;
  if (question.phase == Phase::Lingering) {
    if ((flags & closed_by_peer) != 0) release(slot);
    return;
  }
  if (question.phase == Phase::Connecting && !connection_open(slot, flags)) return;
  if (std::holds_alternative<TcpTarget>(*question.target)) return read_banner(slot, flags);
  if (question.phase == Phase::Handshaking && !handshake(slot)) return;
  if (question.phase == Phase::Sending && !send_request(slot)) return;
  if (question.tls) return read_tls_answer(slot);
  if ((flags & (EPOLLIN | closed_by_peer)) != 0) read_answer(slot, flags);
}

bool SocketProber::Impl::connection_open(std::uint32_t slot, std::uint32_t flags) {
  Question& question = questions[slot];
  int error = 0;
  socklen_t size = sizeof error;
  if ((flags & (EPOLLERR | EPOLLHUP)) != 0 &&
      (getsockopt(question.socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)) {
    answer(slot, end_of_errno(error, false), text_of_errno(error));
    return false;
  }
  if ((flags & EPOLLOUT) == 0) return false;
  question.phase = question.tls ? Phase::Handshaking : Phase::Sending;
  return true;
}

bool SocketProber::Impl::handshake(std::uint32_t slot) {
  Question& question = questions[slot];
  switch (question.tls->handshake()) {
    case TlsSession::Step::Done:
      question.phase = Phase::Sending;
      return true;
    case TlsSession::Step::Again:
      return false;
    case TlsSession::Step::Closed:
      answer(slot, ProbeEnd::Reset, "closed during the TLS handshake");
      return false;
    case TlsSession::Step::Failed:
      answer(slot, ProbeEnd::TlsFailed, question.tls->reason());
      return false;
  }
  return false;
}

bool SocketProber::Impl::send_request(std::uint32_t slot) {
  Question& question = questions[slot];
  write_http_request(std::get<HttpTarget>(*question.target), request);
  if (question.tls) {
    // OpenSSL writes a record whole or not at all, and the request fits one.
    switch (question.tls->write(request.data(), request.size())) {
      case TlsSession::Step::Done:
        question.phase = Phase::Reading;
        return true;
      case TlsSession::Step::Again:
        return false;
      case TlsSession::Step::Closed:
        answer(slot, ProbeEnd::Reset, "closed before the answer");
        return false;
      case TlsSession::Step::Failed:
        answer(slot, ProbeEnd::TlsFailed, question.tls->reason());
        return false;
    }
  }
  while (question.sent < request.size()) {
    const ssize_t sent =
        ::send(question.socket, request.data() + question.sent, request.size() - question.sent, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) answer_errno(slot, errno);
      return false;
    }
    question.sent += static_cast<std::uint32_t>(sent);
  }
  question.phase = Phase::Reading;
  return true;
}

void SocketProber::Impl::read_answer(std::uint32_t slot, std::uint32_t flags) {
  const std::uint32_t generation = questions[slot].generation;
  const bool closed = (flags & closed_by_peer) != 0;
  for (;;) {
    Question& question = questions[slot];
    const ssize_t got = ::recv(question.socket, buffer.data(), buffer.size(), 0);
    if (got < 0) {
      if (errno != EAGAIN) answer_errno(slot, errno);
      return;
    }
    if (got == 0) return take_close(slot);
    take_bytes(slot, {buffer.data(), static_cast<std::size_t>(got)}, closed);
    if (question.generation != generation || question.phase != Phase::Reading) return;
    // Less than the buffer: it is empty now, and more will be another edge; only a close that was
    // announced with this edge has no other.
    if (static_cast<std::size_t>(got) < buffer.size() && !closed) return;
  }
}

void SocketProber::Impl::read_tls_answer(std::uint32_t slot) {
  const std::uint32_t generation = questions[slot].generation;
  for (;;) {
    Question& question = questions[slot];
    const TlsSession::Read read = question.tls->read(buffer.data(), buffer.size());
    switch (read.step) {
      case TlsSession::Step::Again:
        return;
      case TlsSession::Step::Closed:
        return take_close(slot);
      case TlsSession::Step::Failed:
        return answer(slot, ProbeEnd::TlsFailed, question.tls->reason());
      case TlsSession::Step::Done:
        break;
    }
    take_bytes(slot, {buffer.data(), read.bytes}, false);
    if (question.generation != generation || question.phase != Phase::Reading) return;
  }
}

void SocketProber::Impl::take_bytes(std::uint32_t slot, std::string_view bytes, bool peer_closed) {
  Question& question = questions[slot];
  const auto state = question.parser.feed(bytes);
  if (state != HttpResponseParser::State::More) take_end(slot, state, peer_closed);
}

void SocketProber::Impl::take_close(std::uint32_t slot) {
  take_end(slot, questions[slot].parser.finish(), true);
}

void SocketProber::Impl::take_end(std::uint32_t slot, HttpResponseParser::State state, bool peer_closed) {
  switch (state) {
    case HttpResponseParser::State::Complete:
      if (questions[slot].tls) questions[slot].tls->say_goodbye();
      return answer(slot, ProbeEnd::Answered, {}, !peer_closed);
    case HttpResponseParser::State::Malformed:
      return answer(slot, ProbeEnd::Malformed, questions[slot].parser.problem());
    default:
      return answer(slot, ProbeEnd::Reset, "closed before the answer was whole");
  }
}

void SocketProber::Impl::read_banner(std::uint32_t slot, std::uint32_t flags) {
  Question& question = questions[slot];
  const std::size_t wanted = std::min(std::get<TcpTarget>(*question.target).banner_bytes, banner_cap);
  question.phase = Phase::Reading;
  while (question.banner.size() < wanted) {
    if ((flags & (EPOLLIN | closed_by_peer)) == 0) return;
    const std::size_t room = std::min(wanted - question.banner.size(), buffer.size());
    const ssize_t got = ::recv(question.socket, buffer.data(), room, 0);
    if (got < 0) {
      if (errno != EAGAIN) answer_errno(slot, errno);
      return;
    }
    if (got == 0) {
      // What came may be all there is to say: whether it is enough is judged elsewhere.
      if (!question.banner.empty()) break;
      return answer(slot, ProbeEnd::Reset, "closed before any banner");
    }
    question.banner.append(buffer.data(), static_cast<std::size_t>(got));
  }
  answer(slot, ProbeEnd::Answered, {});
}

void SocketProber::Impl::cancel(ProbeId id) {
  const auto found = slots.find(id);
  if (found != slots.end()) release(found->second);
}

// ---- its end

ProbeFacts SocketProber::Impl::facts_of(const Question& question, ProbeEnd end, std::string detail) const {
  ProbeFacts facts;
  facts.end = end;
  facts.detail = std::move(detail);
  facts.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - question.started);
  return facts;
}

void SocketProber::Impl::answer(std::uint32_t slot, ProbeEnd end, std::string detail, bool linger) {
  Question& question = questions[slot];
  const ProbeId id = question.id;
  ProbeFacts facts = facts_of(question, end, std::move(detail));
  if (end == ProbeEnd::Answered && std::holds_alternative<HttpTarget>(*question.target)) {
    facts.status = question.parser.status();
    facts.body = question.parser.take_body();
  } else if (end == ProbeEnd::Answered) {
    facts.body = std::move(question.banner);
  }
  if (linger) {
    slots.erase(id);
    question.target.reset();
    question.tls.reset();
    question.phase = Phase::Lingering;
    ++lingering;
    deadlines.set(slot, question.started + facts.duration + linger_limit);
    arm_timer();
  } else {
    release(slot);
  }
  sink(id, std::move(facts));
}

void SocketProber::Impl::answer_errno(std::uint32_t slot, int error) {
  answer(slot, end_of_errno(error, true), text_of_errno(error));
}

void SocketProber::Impl::settle(std::uint32_t slot, ProbeEnd end, std::string detail) {
  Question& question = questions[slot];
  if (question.socket >= 0) ::close(std::exchange(question.socket, -1));
  deadlines.remove(slot);
  question.phase = Phase::Settled;
  if (settled.empty())
    loop.post([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && self->sink) self->deliver_settled();
    });
  settled.push_back({slot, question.generation, facts_of(question, end, std::move(detail))});
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
  if (question.socket >= 0) ::close(question.socket);
  deadlines.remove(slot);
  const std::uint32_t next_generation = question.generation + 1;
  question = Question{};
  question.generation = next_generation;
  free_slots.push_back(slot);
}

// ---- the prober

Result<std::unique_ptr<SocketProber>> SocketProber::create(net::Loop& loop, Sink sink) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0)
    return failure(ErrorCode::Busy, "the prober gets no epoll instance: " + text_of_errno(errno));
  auto impl = std::make_shared<Impl>(loop, std::move(sink), epoll);
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
