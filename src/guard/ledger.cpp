#include "guard/ledger.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace healer::guard {
namespace {

constexpr std::array kinds{std::pair{OrderKind::Start, "start"}, std::pair{OrderKind::Stop, "stop"},
                           std::pair{OrderKind::Restart, "restart"}, std::pair{OrderKind::Kill, "kill"},
                           std::pair{OrderKind::Recreate, "recreate"}};

/// A process that ends so soon after a signal of an operator was ended by it.
constexpr Duration death_after_kill{10'000};
constexpr std::size_t most_gone = 4096;
constexpr std::size_t most_names = 4;
constexpr std::size_t most_lineages = 1024;

WallTime later(WallTime at, Duration by) {
  return {at.unix_ms + by.count()};
}

std::string shown(const Subject& subject) {
  return clip(printable(subject.name), 80);
}

bool same_workload(const Subject& one, const Subject& other) {
  return one.id == other.id || one.name == other.name || one.lineage == other.lineage;
}

/// By an order of this kind the container does not run for a while.
bool takes_down(OrderKind kind) {
  return kind != OrderKind::Start;
}

}  // namespace

const char* to_string(OrderKind kind) {
  for (const auto& [value, name] : kinds)
    if (value == kind) return name;
  return "?";
}

std::optional<OrderKind> order_kind_of(std::string_view name) {
  for (const auto& [value, known] : kinds)
    if (name == known) return value;
  return {};
}

bool Ledger::is_paused(const Subject& subject) const {
  return paused_.contains(subject.name) || paused_.contains(subject.lineage) || paused_.contains("*");
}

Ruled<void> Ledger::judge(OrderKind kind, const Subject& subject, bool running, WallTime now) const {
  if (breaks(Rule::Paused, is_paused(subject)))
    return refuse(Rule::Paused, shown(subject) + " is paused at the guard");
  if (breaks(Rule::Busy, under_way(subject.id)))
    return refuse(Rule::Busy, "another order for " + shown(subject) + " is under way");
  const auto life = lives_.find(subject.id);
  const State state = life == lives_.end() ? State::Stopped : life->second.state;
  if (breaks(Rule::OperatorStopped, !running && state == State::Stopped))
    return refuse(Rule::OperatorStopped,
                  shown(subject) +
                      " was stopped by an operator, or did not run when the guard began to watch; start "
                      "it by hand");
  // The inspect is newer than the events: who ended the container is not known yet.
  if (breaks(Rule::OperatorStopped, !running && state == State::Running))
    return refuse(Rule::OperatorStopped,
                  shown(subject) + " ended just now, and the event that shows why has not arrived");
  if (auto within = judge_budgets(subject, now); !within) return within;
  return running && takes_down(kind) ? judge_down(subject) : Ruled<void>{};
}

Ruled<void> Ledger::judge_budgets(const Subject& subject, WallTime now) const {
  std::size_t of_host = 0;
  std::size_t of_workload = 0;
  for (const Order& order : orders_) {
    if (later(order.at, budget_window) <= now) continue;
    ++of_host;
    if (same_workload(order.subject, subject)) ++of_workload;
  }
  const std::string window = format_duration(budget_window);
  if (breaks(Rule::WorkloadBudget, of_workload >= workload_budget))
    return refuse(Rule::WorkloadBudget, fmt::format("{} orders for {} within {}; at most {}", of_workload,
                                                    shown(subject), window, workload_budget));
  if (breaks(Rule::HostBudget, of_host >= host_budget))
    return refuse(Rule::HostBudget,
                  fmt::format("{} orders within {}; at most {}", of_host, window, host_budget));
  return {};
}

Ruled<void> Ledger::judge_down(const Subject& subject) const {
  std::set<std::string> down = down_;
  for (const Interval& interval : intervals_) {
    if (interval.until) continue;
    const auto life = lives_.find(interval.id);
    down.insert(life == lives_.end() ? interval.id : life->second.lineage);
  }
  down.erase(subject.lineage);
  const std::size_t most = std::max(down_least, watched() * down_percent / 100);
  if (breaks(Rule::DownShare, down.size() >= most))
    return refuse(Rule::DownShare, fmt::format("{} workloads are down by orders; at most {} of {} at once",
                                               down.size(), most, watched()));
  return {};
}

void Ledger::ordered(const Order& order) {
  last_number_ = std::max(last_number_, order.number);
  while (!orders_.empty() && later(orders_.front().at, budget_window) <= order.at) orders_.pop_front();
  orders_.push_back(order);
  while (!intervals_.empty() && intervals_.front().until &&
         later(*intervals_.front().until, budget_window) <= order.at)
    intervals_.pop_front();
  intervals_.push_back({order.number, order.subject.id, order.at, std::nullopt, false});
}

void Ledger::answered(std::uint64_t number, WallTime at) {
  for (Interval& interval : intervals_)
    if (interval.number == number) interval.until = at;
}

std::vector<Order> Ledger::recent(WallTime now) const {
  std::vector<Order> recent;
  for (const Order& order : orders_)
    if (later(order.at, budget_window) > now) recent.push_back(order);
  return recent;
}

void Ledger::replayed() {
  for (Interval& interval : intervals_) interval.orphaned = true;
}

bool Ledger::under_way(const std::string& id) const {
  return std::any_of(intervals_.begin(), intervals_.end(),
                     [&](const Interval& interval) { return !interval.until && interval.id == id; });
}

/// Times are whole milliseconds, hence the margin.
bool Ledger::by_order(const std::string& id, WallTime at) const {
  return std::any_of(intervals_.begin(), intervals_.end(), [&](const Interval& interval) {
    return interval.id == id && interval.from <= later(at, 1ms) &&
           (!interval.until || at <= later(*interval.until, 1ms));
  });
}

void Ledger::listed(const std::vector<SeenContainer>& all, WallTime now) {
  std::set<std::string> present;
  for (const SeenContainer& container : all) {
    present.insert(container.id);
    created(container);
    Life& life = lives_[container.id];
    if (container.running) {
      started(container.id, now);
      continue;
    }
    const bool ended_by_order = down_.contains(life.lineage) || under_way(container.id);
    life.state = ended_by_order ? State::Ended : State::Stopped;
    if (ended_by_order) down_.insert(life.lineage);
  }
  for (Interval& interval : intervals_)
    if (interval.orphaned && !interval.until) interval.until = now;
  std::vector<std::string> lost;
  for (const auto& [id, life] : lives_)
    if (life.state != State::Gone && !present.contains(id)) lost.push_back(id);
  for (const std::string& id : lost) removed(id);
}

void Ledger::created(const SeenContainer& container) {
  Life& life = lives_[container.id];
  if (life.state == State::Gone) life.state = State::Stopped;
  life.lineage = container.lineage;
  life.watched = container.watched;
  life.name = container.name;
  if (life.names.size() < most_names) life.names.insert(container.name);
}

void Ledger::started(const std::string& id, WallTime) {
  Life& life = lives_[id];
  life.state = State::Running;
  life.killed = {};
  down_.erase(life.lineage);
}

void Ledger::killed(const std::string& id, WallTime at) {
  if (!by_order(id, at)) lives_[id].killed = at;
}

void Ledger::stopped(const std::string& id, WallTime at) {
  Life& life = lives_[id];
  // A restart reports its stop after the start, too, on some engines.
  if (!by_order(id, at) && life.state != State::Running) life.state = State::Stopped;
  if (!by_order(id, at) && life.state == State::Running) life.killed = at;
}

void Ledger::ended(const std::string& id, WallTime at) {
  Life& life = lives_[id];
  const bool ours = by_order(id, at);
  if (life.state == State::Stopped) return;
  const bool killed = life.killed.unix_ms != 0 && at <= later(life.killed, death_after_kill);
  life.state = !ours && killed ? State::Stopped : State::Ended;
  if (ours && life.successor.empty()) down_.insert(life.lineage);
}

void Ledger::renamed(const std::string& id, const std::string& name) {
  Life& life = lives_[id];
  if (life.lineage == life.name) life.lineage = name;
  life.name = name;
  if (life.names.size() < most_names) life.names.insert(name);
}

void Ledger::removed(const std::string& id) {
  const auto life = lives_.find(id);
  if (life == lives_.end() || life->second.state == State::Gone) return;
  life->second.state = State::Gone;
  life->second.watched = false;
  const std::string& lineage = life->second.lineage;
  const bool lives_on = std::any_of(lives_.begin(), lives_.end(), [&](const auto& other) {
    return other.second.state != State::Gone && other.second.lineage == lineage;
  });
  if (!lives_on) down_.erase(lineage);
  gone_.push_back(id);
  forget_gone();
}

void Ledger::forget_gone() {
  while (gone_.size() > most_gone) {
    const auto life = lives_.find(gone_.front());
    if (life != lives_.end() && life->second.state == State::Gone) lives_.erase(life);
    gone_.pop_front();
  }
}

void Ledger::reset(const std::string& name) {
  std::erase_if(orders_, [&](const Order& order) {
    return order.subject.name == name || order.subject.lineage == name || name == "*";
  });
  name == "*" ? down_.clear() : void(down_.erase(name));
}

void Ledger::released(const std::string& name) {
  for (auto& [id, life] : lives_)
    if (life.state == State::Stopped && (life.name == name || life.lineage == name))
      life.state = State::Ended;
}

bool Ledger::succeeds(const std::string& successor, const std::string& former) const {
  const auto old = lives_.find(former);
  const auto next = lives_.find(successor);
  if (old == lives_.end() || next == lives_.end() || successor == former) return false;
  if (old->second.state != State::Gone || next->second.state == State::Gone) return false;
  return old->second.successor == successor || old->second.names.contains(next->second.name) ||
         old->second.lineage == next->second.lineage;
}

void Ledger::replaced(const std::string& former, const std::string& successor) {
  Life& old = lives_[former];
  old.successor = successor;
  down_.erase(old.lineage);
}

bool Ledger::healthy(const std::string& lineage, const std::string& image_id) {
  if (was_healthy(lineage, image_id)) return false;
  if (healthy_.size() >= most_lineages && !healthy_.contains(lineage)) return false;
  std::deque<std::string>& images = healthy_[lineage];
  images.push_back(image_id);
  if (images.size() > images_of_workload) images.pop_front();
  return true;
}

bool Ledger::was_healthy(const std::string& lineage, const std::string& image_id) const {
  const auto images = healthy_.find(lineage);
  return images != healthy_.end() &&
         std::find(images->second.begin(), images->second.end(), image_id) != images->second.end();
}

std::size_t Ledger::watched() const {
  return static_cast<std::size_t>(
      std::count_if(lives_.begin(), lives_.end(), [](const auto& life) { return life.second.watched; }));
}

}  // namespace healer::guard
