#include "runtime/fair_prober.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace healer {
namespace {

constexpr Duration late_after = 1s;
constexpr Duration say_late_every = 1min;

}  // namespace

FairProber::FairProber(Parts parts, unsigned per_second)
    : parts_(std::move(parts)), per_second_(per_second), room_(per_second), filled_at_(parts_.host.now()) {}

void FairProber::set_rate(unsigned per_second) {
  fill();
  per_second_ = per_second;
  room_ = std::min(room_, per_second_);
  if (!turns_.empty()) wait();
}

void FairProber::start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) {
  fill();
  if (queues_.empty() && room_ >= 1) {
    room_ -= 1;
    return parts_.inner.start(id, target, timeout);
  }
  const std::string workload = parts_.workload_of(id);
  const auto [queue, is_new] = queues_.try_emplace(workload);
  if (is_new) turns_.push_back(workload);
  queue->second.push_back({id, target, timeout, parts_.host.now()});
  workloads_.emplace(id, workload);
  if (waiting() == 1) wait();
}

void FairProber::cancel(ProbeId id) {
  const auto found = workloads_.extract(id);
  if (!found) return parts_.inner.cancel(id);
  const auto queue = queues_.find(found.mapped());
  std::erase_if(queue->second, [id](const Waiting& each) { return each.id == id; });
  if (!queue->second.empty()) return;
  std::erase(turns_, queue->first);
  queues_.erase(queue);
}

void FairProber::fill() {
  const Instant now = parts_.host.now();
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
    workloads_.erase(next.id);
    say_late(next.since);
    parts_.inner.start(next.id, next.target, next.timeout);
  }
  if (!turns_.empty()) wait();
}

void FairProber::wait() {
  const double missing_ms = (1 - room_) / per_second_ * 1000;
  parts_.alarm(Duration(std::max<std::int64_t>(1, std::llround(std::ceil(missing_ms)))),
               [this] { release(); });
}

void FairProber::say_late(Instant since) {
  const Instant now = parts_.host.now();
  if (!parts_.late || now - since < late_after) return;
  if (said_late_ != Instant{} && now - said_late_ < say_late_every) return;
  said_late_ = now;
  parts_.late(now - since);
}

}  // namespace healer
