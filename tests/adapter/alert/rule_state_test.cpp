// HEALING.md 2: when one of healer's own rules fires, and when it ends.
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "alert/rule_state.hpp"

using namespace healer;

namespace {

std::vector<WorkloadStatus> two_workloads() {
  std::vector<WorkloadStatus> all(2);
  all[0].key = "shop/web/1";
  all[0].name = "shop-web-1";
  all[1].key = all[1].name = "db";
  return all;
}

PrometheusRule error_rate(Duration hold_for = 0s) {
  PrometheusRule rule;
  rule.name = "Errors";
  rule.query = "rate > 0.05";
  rule.expression = "rate";
  rule.number = 0.05;
  rule.hold_for = hold_for;
  return rule;
}

/// A rule, evaluated every 15 seconds.
struct Evaluations {
  explicit Evaluations(PrometheusRule rule) : state(std::move(rule), 15s) {}

  /// One evaluation with these values by container; returns "shop-web-1 fires: 0.12 > 0.05; db ends".
  std::string answer(const std::vector<std::pair<std::string, double>>& values, Duration after = 15s) {
    Samples samples;
    for (const auto& [container, value] : values) samples.all.push_back({{{"container", container}}, value});
    now += after;
    const AlertTargets targets(workloads);
    const RuleEvaluation evaluation = state.evaluate(samples, targets, labels, {}, now);
    std::string text;
    for (const RuleChange& each : evaluation.changes)
      text += (text.empty() ? "" : "; ") + each.workload + (each.firing ? " fires: " + each.text : " ends");
    unmatched = evaluation.unmatched;
    return text;
  }
  void unknown(Duration after = 15s) {
    now += after;
    state.unknown();
  }

  std::vector<WorkloadStatus> workloads = two_workloads();
  std::vector<std::string> labels = default_alert_labels();
  Instant now{1'000'000s};
  RuleState state;
  std::vector<std::string> unmatched;
};

const std::string web = "shop-web-1";

}  // namespace

TEST_CASE("rule: one that need not last fires at once, and ends once it is not met") {
  Evaluations rule(error_rate());
  CHECK(rule.answer({{web, 0.12}}) == "shop/web/1 fires: 0.12 > 0.05");
  CHECK(rule.answer({{web, 0.2}}).empty());
  CHECK(rule.state.firing() == 1);
  CHECK(rule.answer({{web, 0.05}}) == "shop/web/1 ends");
  CHECK(rule.answer({{web, 0.01}}).empty());
  CHECK(rule.state.firing() == 0);
}

TEST_CASE("rule: it fires when it has been met for long enough") {
  Evaluations rule(error_rate(30s));
  CHECK(rule.answer({{web, 1}}).empty());
  CHECK(rule.answer({{web, 1}}).empty());
  CHECK(rule.state.pending() == 1);
  CHECK(rule.answer({{web, 1}}) == "shop/web/1 fires: 1 > 0.05 for 30s");
}

TEST_CASE("rule: not met once, it begins anew") {
  Evaluations rule(error_rate(30s));
  CHECK(rule.answer({{web, 1}}).empty());
  CHECK(rule.answer({{web, 1}}).empty());
  CHECK(rule.answer({{web, 0}}).empty());
  CHECK(rule.state.pending() == 0);
  CHECK(rule.answer({{web, 1}}).empty());
  CHECK(rule.answer({{web, 1}}).empty());
  CHECK(rule.answer({{web, 1}}) == "shop/web/1 fires: 1 > 0.05 for 30s");
}

TEST_CASE("rule: unknown neither counts as met nor begins it anew") {
  for (const bool no_answer : {true, false}) {
    CAPTURE(no_answer);
    Evaluations rule(error_rate(30s));
    const auto unknown = [&] {
      if (no_answer)
        rule.unknown();
      else
        CHECK(rule.answer({{"db", 0}}) != "shop/web/1 ends");  // no series for shop-web-1
    };
    CHECK(rule.answer({{web, 1}}).empty());
    for (int i = 0; i < 20; ++i) unknown();
    CHECK(rule.answer({{web, 1}}).empty());  // the unknown evaluations between the two do not count
    CHECK(rule.answer({{web, 1}}).empty());
    CHECK(rule.state.pending() == 1);
    unknown();
    CHECK(rule.answer({{web, 1}}).empty());
    CHECK(rule.answer({{web, 1}}) == "shop/web/1 fires: 1 > 0.05 for 30s");
  }
}

TEST_CASE("rule: unknown neither fires nor ends") {
  Evaluations rule(error_rate());
  rule.unknown();
  CHECK(rule.answer({{web, 1}}) == "shop/web/1 fires: 1 > 0.05");
  for (int i = 0; i < 100; ++i) rule.unknown();
  CHECK(rule.state.firing() == 1);
  CHECK(rule.answer({{"db", 0.01}}) == "db ends");  // no series for shop-web-1
  CHECK(rule.state.firing() == 1);
  CHECK(rule.answer({{web, 0}, {"db", 0}}) == "shop/web/1 ends");
}

TEST_CASE("rule: a long time between two evaluations is no long time of being met") {
  Evaluations rule(error_rate(10min));
  CHECK(rule.answer({{web, 1}}).empty());
  CHECK(rule.answer({{web, 1}}, 1h).empty());
  CHECK(rule.answer({{web, 1}}, -1h).empty());
  CHECK(rule.state.pending() == 1);
}

TEST_CASE("rule: a firing alert is reported again every ten minutes") {
  Evaluations rule(error_rate());
  CHECK_FALSE(rule.answer({{web, 1}}).empty());
  for (int i = 0; i < 39; ++i) CHECK(rule.answer({{web, 1}}).empty());
  CHECK(rule.answer({{web, 1}}) == "shop/web/1 fires: 1 > 0.05");
  CHECK(rule.answer({{web, 1}}).empty());
}

TEST_CASE("rule: several series of one workload are one alert") {
  Evaluations rule(error_rate());
  CHECK(rule.answer({{web, 0}, {web, 0.1}, {web, 0.3}}) == "shop/web/1 fires: 0.3 > 0.05");
  CHECK(rule.answer({{web, 0}, {web, 0.1}}).empty());
  CHECK(rule.answer({{web, 0}, {web, 0}}) == "shop/web/1 ends");
}

TEST_CASE("rule: the first answer ends what an earlier process had notified, and only once") {
  Evaluations rule(error_rate());
  CHECK(rule.answer({{web, 0}, {"db", 0}}) == "db ends; shop/web/1 ends");
  CHECK(rule.answer({{web, 0}, {"db", 0}}).empty());
}

TEST_CASE("rule: a workload that comes back starts the rule's clock anew") {
  Evaluations rule(error_rate(30s));
  for (int i = 0; i < 3; ++i) rule.answer({{web, 1}});
  CHECK(rule.state.firing() == 1);
  rule.state.forget_all_but({"db"});
  CHECK(rule.state.firing() == 0);
  CHECK(rule.answer({{web, 1}}).empty());
}

TEST_CASE("rule: a met rule that names no watched container is reported once") {
  Evaluations rule(error_rate());
  CHECK(rule.answer({{"nope", 1}, {"nope", 2}, {"well", 0}}).empty());
  REQUIRE(rule.unmatched.size() == 1);
  CHECK(rule.unmatched.front() == "no watched container has container=\"nope\"");
  CHECK(rule.state.unmatched() == 1);
  rule.answer({{"nope", 1}});
  CHECK(rule.unmatched.empty());
  rule.answer({{"nope", 0}});
  CHECK(rule.state.unmatched() == 0);
  rule.answer({{"nope", 1}});
  CHECK(rule.unmatched.size() == 1);
}

TEST_CASE("rule: the rule's own labels or container name decide which workload it is about") {
  PrometheusRule by_label = error_rate();
  by_label.labels = {"pod"};
  Evaluations labelled(by_label);
  CHECK(labelled.answer({{web, 1}}).empty());
  CHECK(labelled.unmatched.front() == "none of its labels names a container; looked at were pod");

  PrometheusRule by_name = error_rate();
  by_name.container = "db";
  Evaluations named(by_name);
  CHECK(named.answer({{web, 1}}) == "db fires: 1 > 0.05");
  named.workloads.pop_back();
  CHECK(named.answer({{web, 1}}).empty());
  CHECK(named.unmatched.front() == "no watched container is called \"db\"");
}

TEST_CASE("rule: each comparison is met by the right values") {
  const std::vector<std::pair<Comparison, std::string>> rows{
      {Comparison::Equal, "010"},          {Comparison::NotEqual, "101"}, {Comparison::Greater, "001"},
      {Comparison::GreaterOrEqual, "011"}, {Comparison::Less, "100"},     {Comparison::LessOrEqual, "110"}};
  for (const auto& [comparison, wanted] : rows) {
    PrometheusRule rule;
    rule.comparison = comparison;
    rule.number = 5;
    std::string met;
    for (const double value : {4.0, 5.0, 6.0}) met += meets(rule, value) ? '1' : '0';
    CHECK(met == wanted);
  }
}

TEST_CASE("rule: a series of the removed predecessor or of another host is not about the container") {
  Evaluations rule(error_rate());
  rule.workloads[1].container_id = "0123456789abcdef0123";
  AlertPlaces places;
  places.any = false;
  places.here = {"web1"};
  const AlertTargets targets(rule.workloads);
  const auto changes = [&](std::map<std::string, std::string> more) {
    RuleState state(error_rate(), 15s);
    more["name"] = "db";
    const Samples samples{{{more, 1}}, 0};
    const auto met = state.is_met_by("db", samples, targets, rule.labels, {}, places);
    const auto evaluation = state.evaluate(samples, targets, rule.labels, {}, rule.now, places);
    CHECK(evaluation.changes.empty() == evaluation.unmatched.size());
    CHECK(met.has_value() == !evaluation.changes.empty());
    return evaluation.changes.size();
  };
  CHECK(changes({{"id", "/docker/0123456789abcdef0123"}, {"instance", "cadvisor:8080"}}) == 1);
  CHECK(changes({{"id", "/docker/ffffffffffffffffffff"}}) == 0);
  CHECK(changes({{"instance", "web1:9100"}}) == 1);
  CHECK(changes({{"instance", "web2:9100"}}) == 0);
  CHECK(changes({{"node", "web2"}}) == 0);
}

TEST_CASE("rule: whether it is met now is known from the workload's series, and changes no state") {
  Evaluations rule(error_rate(10min));
  const AlertTargets targets(rule.workloads);
  const auto met = [&](const std::vector<std::pair<std::string, double>>& values) {
    Samples samples;
    for (const auto& [container, value] : values) samples.all.push_back({{{"container", container}}, value});
    return rule.state.is_met_by("shop/web/1", samples, targets, rule.labels, {}, {});
  };
  CHECK(met({{web, 0}, {web, 1}}) == true);
  CHECK(met({{web, 0}, {"db", 1}}) == false);
  CHECK_FALSE(met({{"db", 1}}).has_value());
  CHECK_FALSE(met({}).has_value());
  CHECK(rule.state.pending() == 0);
}
