#include "runtime/fair_prober.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

namespace healer {
namespace {

constexpr Duration late_after = 1s;
constexpr Duration say_late_every = 1min;

/// What takes turns: the container of a command, else the address that is checked.
std::string subject_of(const ProbeTarget& target) {
  return std::visit(
      [](const auto& what) -> std::string {
        if constexpr (requires { what.container_id; }) {
          return what.container_id;
        } else {
          return what.endpoint.address;
        }
      },
      target);
}

}  // namespace

FairProber::FairProber(Prober& inner, Host& host, Alarm alarm, unsigned per_second, Late late)
    : inner_(inner),
      host_(host),
      alarm_(std::move(alarm)),
      late_(std::move(late)),
      per_second_(per_second),
      room_(per_second),
      filled_at_(host.now()) {}

void FairProber::set_rate(unsigned per_second) {
  fill();
  per_second_ = per_second;
  room_ = std::min(room_, per_second_);
}

void FairProber::start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) {
  fill();
  if (queues_.empty() && room_ >= 1) {
    room_ -= 1;
    return inner_.start(id, target, timeout);
  }
  const std::string subject = subject_of(*target);
  const auto [queue, is_new] = queues_.try_emplace(subject);
  if (is_new) turns_.push_back(subject);
  queue->second.push_back({id, target, timeout, host_.now()});
  subject_of_.emplace(id, subject);
  if (waiting() == 1) wait();
}

void FairProber::cancel(ProbeId id) {
  const auto found = subject_of_.extract(id);
  if (!found) return inner_.cancel(id);
  const auto queue = queues_.find(found.mapped());
  std::erase_if(queue->second, [id](const Waiting& each) { return each.id == id; });
  if (!queue->second.empty()) return;
  std::erase(turns_, queue->first);
  queues_.erase(queue);
}

void FairProber::fill() {
  const Instant now = host_.now();
  const double seconds = std::chrono::duration<double>(now - filled_at_).count();
  filled_at_ = now;
  room_ = std::min(per_second_, room_ + std::max(0.0, seconds) * per_second_);
}

void FairProber::release() {
  fill();
  while (room_ >= 1 && !turns_.empty()) {
    room_ -= 1;
    const auto queue = queues_.find(turns_.front());
    turns_.pop_front();
    const Waiting next = std::move(queue->second.front());
    queue->second.pop_front();
    if (queue->second.empty())
      queues_.erase(queue);
    else
      turns_.push_back(queue->first);
    subject_of_.erase(next.id);
    say_late(next.since);
    inner_.start(next.id, next.target, next.timeout);
  }
  if (!turns_.empty()) wait();
}

void FairProber::wait() {
  const double missing_ms = (1 - room_) / per_second_ * 1000;
  alarm_(Duration(std::max<std::int64_t>(1, std::llround(std::ceil(missing_ms)))), [this] { release(); });
}

void FairProber::say_late(Instant since) {
  const Instant now = host_.now();
  if (!late_ || now - since < late_after) return;
  if (said_late_ != Instant{} && now - said_late_ < say_late_every) return;
  said_late_ = now;
  late_(now - since);
}

}  // namespace healer
