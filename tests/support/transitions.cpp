#include "support/transitions.hpp"

#include <variant>

namespace healer::testing {
namespace {

template <class... Tables>
struct AllTables {
  template <class F>
  static void each(F&& call) {
    (call(static_cast<Tables*>(nullptr)), ...);
  }
};
using Tables = AllTables<PresenceTable, ExitTable, Tracker, RoundTable, RemedyTable, Breaker, IncidentTable,
                         NotifiedTable>;

}  // namespace

TakenRows::States TakenRows::states_of(const Workload& w) {
  return {static_cast<int>(w.lifecycle.presence),          static_cast<int>(w.lifecycle.exit().state()),
          static_cast<int>(w.health.tracker.state()),      static_cast<int>(w.health.round()),
          static_cast<int>(state_of(w.remediation.phase)), static_cast<int>(w.remediation.breaker.state()),
          static_cast<int>(state_of(w.incident)),          static_cast<int>(w.notifications.state())};
}

void TakenRows::compare(const std::string& key, const States& states) {
  const auto entry = states_.try_emplace(key, states);
  const auto known = entry.first;
  if (entry.second || known->second == states) return;
  std::size_t machine = 0;
  Tables::each([&](auto* table) {
    using Table = std::remove_pointer_t<decltype(table)>;
    if (known->second[machine] != states[machine])
      broken_.insert(std::string("without a row, ") + Table::name + ": " +
                     name_of(static_cast<typename Table::State>(known->second[machine])) + " became " +
                     name_of(static_cast<typename Table::State>(states[machine])));
    ++machine;
  });
  known->second = states;
}

void TakenRows::taken(const Workload& workload, const TakenRow& row) {
  States before = states_of(workload);
  std::size_t machine = 0;
  Tables::each([&](auto* table) {
    using Table = std::remove_pointer_t<decltype(table)>;
    if (const auto* of = std::get_if<Row<Table>>(&row)) {
      take<Table>(*of);
      before[machine] = static_cast<int>(of->from);
      compare(workload.key, before);
      states_[workload.key][machine] = static_cast<int>(of->to);
    }
    ++machine;
  });
  compare(workload.key, states_of(workload));
}

void TakenRows::after_step(const Supervisor& core) {
  std::map<std::string, States> still;
  core.each([&](const Workload& workload) {
    compare(workload.key, states_of(workload));
    still[workload.key] = states_[workload.key];
  });
  states_ = std::move(still);
}

void TakenRows::watch(Scene& scene) {
  states_.clear();
  scene.watch_transitions([this](const Workload& workload, const TakenRow& row) { taken(workload, row); });
  scene.after_step = [this, &scene, former = scene.after_step](const Event& event, const Effects& effects) {
    if (former) former(event, effects);
    after_step(*scene.core);
  };
  scene.at_kill = [this, former = scene.at_kill] {
    if (former) former();
    states_.clear();
  };
}

std::vector<std::string> TakenRows::untaken() const {
  std::vector<std::string> left;
  Tables::each([&](auto* table) {
    using Table = std::remove_pointer_t<decltype(table)>;
    for (const Row<Table>& row : Table::table)
      if (taken_.count(text_of<Table>(row)) == 0) left.push_back(text_of<Table>(row));
  });
  return left;
}

}  // namespace healer::testing
