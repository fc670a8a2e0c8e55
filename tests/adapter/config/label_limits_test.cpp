// What labels may ask for: the operator's limits, and how far labels are believed at all.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "config/policy_resolver.hpp"

namespace healer {
namespace {

Settings loaded(const std::string& file, const Environment& environment = {}) {
  auto settings = load_from(environment, ConfigText{"f", file}, {});
  if (!settings)
    for (const ConfigError& error : settings.error()) MESSAGE(describe(error));
  REQUIRE(settings);
  return std::move(*settings);
}

ResolvedPolicy resolved(const Settings& settings, Labels labels) {
  labels["monitored"] = "true";
  return PolicyResolver(settings.defaults, label_rules(settings.daemon)).resolve(labels);
}

/// Every label that holds what is not its own.
const Labels greedy{{"healer.interval", "100ms"},          {"healer.timeout", "1d"},
                    {"healer.start_period", "1d"},         {"healer.verify_limit", "1d"},
                    {"healer.stop_timeout", "1h"},         {"healer.failure_threshold", "1000"},
                    {"healer.success_threshold", "1000"},  {"healer.budget", "1000/1s"},
                    {"healer.notification_cooldown", "0s"}};

TEST_CASE("limits: a label beyond its limit gets the limit, and is a problem") {
  const ResolvedPolicy result = resolved(loaded(""), greedy);
  const Policy& policy = *result.policy;
  CHECK(policy.interval == 250ms);
  CHECK(policy.timeout == 1min);
  CHECK(policy.start_period == Duration{6h});
  CHECK(policy.retry.verify_limit == 15min);
  CHECK(policy.stop_timeout == Duration{5min});
  CHECK(policy.failure_threshold == 100);
  CHECK(policy.success_threshold == 100);
  CHECK(policy.retry.budget_attempts == 20);
  CHECK(policy.retry.budget_window == 10min);
  CHECK(policy.notify.cooldown == 30s);
  REQUIRE(result.problems.size() == greedy.size());
  for (const LabelProblem& problem : result.problems) {
    CAPTURE(problem.label);
    CHECK(greedy.contains(problem.label));
    CHECK(problem.value == greedy.at(problem.label));
    CHECK(problem.message.find("limit") != std::string::npos);
  }
  const auto interval =
      std::find_if(result.problems.begin(), result.problems.end(),
                   [](const LabelProblem& each) { return each.label == "healer.interval"; });
  CHECK(interval->message == "is below the limit of labels, 250ms, which applies (limits: interval)");
}

TEST_CASE("limits: labels within them are no problem") {
  const ResolvedPolicy result = resolved(loaded(""), {{"healer.interval", "250ms"},
                                                      {"healer.timeout", "1m"},
                                                      {"healer.start_period", "auto"},
                                                      {"healer.verify_limit", "15m"},
                                                      {"healer.stop_timeout", "auto"},
                                                      {"healer.budget", "1/7d"},
                                                      {"healer.remedies", "exec:/reload,kill:HUP,recreate"},
                                                      {"healer.notification_cooldown", "30s"}});
  for (const LabelProblem& problem : result.problems) MESSAGE(problem.label << ' ' << problem.message);
  CHECK(result.problems.empty());
}

TEST_CASE("limits: the file sets each of them, and a default beyond a limit is allowed to labels, too") {
  const Settings settings = loaded(
      "limits: {interval: 5s, verify_limit: 1m, attempts: 2, attempts_window: 1h, probes: 1}\n"
      "defaults: {verify_limit: 4m, interval: 2s}\n");
  const ResolvedPolicy result = resolved(settings, {{"healer.interval", "1s"},
                                                    {"healer.verify_limit", "1d"},
                                                    {"healer.budget", "9/1m"},
                                                    {"healer.probes.a.port", "1"},
                                                    {"healer.probes.b.port", "2"}});
  CHECK(result.policy->interval == 2s);
  CHECK(result.policy->retry.verify_limit == 4min);
  CHECK(result.policy->retry.budget_attempts == 5);  // the default's
  CHECK(result.policy->retry.budget_window == 30min);
  CHECK(result.policy->named_probes.size() == 1);
  CHECK(result.problems.size() == 4);
}

TEST_CASE(
    "limits: a budget and a verify limit that the operator has set are the limit, unless the file has "
    "another") {
  const Labels asked{{"healer.budget", "1000/1s"}, {"healer.verify_limit", "1d"}};
  const Environment own{{"BUDGET", "2/1h"}, {"VERIFY_LIMIT", "3s"}};
  const ResolvedPolicy result = resolved(loaded("", own), asked);
  CHECK(result.policy->retry.budget_attempts == 2);
  CHECK(result.policy->retry.budget_window == 1h);
  CHECK(result.policy->retry.verify_limit == 3s);
  CHECK(result.problems.size() == 2);
  // Also when what the operator sets is healer's own default.
  const ResolvedPolicy same = resolved(loaded("defaults: {budget: 5/30m, verify_limit: 2m}"), asked);
  CHECK(same.policy->retry.budget_attempts == 5);
  CHECK(same.policy->retry.budget_window == 30min);
  CHECK(same.policy->retry.verify_limit == 2min);
  const ResolvedPolicy wider =
      resolved(loaded("limits: {attempts: 9, attempts_window: 1m, verify_limit: 1h}", own), asked);
  CHECK(wider.policy->retry.budget_attempts == 9);
  CHECK(wider.policy->retry.budget_window == 1min);
  CHECK(wider.policy->retry.verify_limit == 1h);
}

TEST_CASE("limits: the remedies that labels may choose") {
  const Settings settings = loaded("limits: {remedies: [restart, none]}\ndefaults: {remedies: recreate}\n");
  const auto ladder = [&](const std::string& label) {
    const ResolvedPolicy result = resolved(settings, {{"healer.remedies", label}});
    std::string text;
    for (const RemedyStep& step : result.policy->remedies) text += to_string(step) + " ";
    return text + std::to_string(result.problems.size());
  };
  CHECK(ladder("restart,none") == "restart none 0");
  CHECK(ladder("exec:/x,restart") == "restart 1");
  CHECK(ladder("kill:KILL,stop") == "recreate 1");  // nothing is left: the operator's ladder
  CHECK(ladder("recreate") == "recreate 0");        // as the operator's own
}

TEST_CASE("limits: label_trust full has none, and opt_in_only reads no other label") {
  const ResolvedPolicy all = resolved(loaded("label_trust: full"), greedy);
  CHECK(all.policy->interval == 100ms);
  CHECK(all.policy->retry.verify_limit == 24h);
  CHECK(all.problems.empty());
  const Settings none = loaded("", {{"LABEL_TRUST", "opt_in_only"}, {"CHECK_INTERVAL", "7s"}});
  const ResolvedPolicy result = resolved(none, greedy);
  CHECK(result.policy->selection == Selection::OptedIn);
  CHECK(result.policy->interval == 7s);
  CHECK(result.problems.size() == greedy.size());
  CHECK(resolved(none, {{"healer.enable", "false"}}).policy->selection == Selection::OptedOut);
}

TEST_CASE("limits: other tools' labels have the same limits") {
  const Labels labels{{"autoheal", "true"}, {"autoheal.stop.timeout", "3000"}};
  const ResolvedPolicy limited = resolved(loaded("compat: all"), labels);
  CHECK(limited.policy->stop_timeout == Duration{5min});
  REQUIRE(limited.problems.size() == 1);
  CHECK(limited.problems.front().label == "autoheal.stop.timeout");
  const ResolvedPolicy both =
      resolved(loaded("compat: all"),
               {{"autoheal", "true"}, {"autoheal.stop.timeout", "7"}, {"healer.stop_timeout", "1h"}});
  CHECK(both.policy->stop_timeout == Duration{5min});
  REQUIRE(both.problems.size() == 1);
  CHECK(both.problems.front().label == "healer.stop_timeout");
  const ResolvedPolicy only = resolved(loaded("compat: all\nlabel_trust: opt_in_only"), labels);
  CHECK(only.policy->selection == Selection::OptedIn);
  CHECK_FALSE(only.policy->stop_timeout);
}

TEST_CASE("limits: a refused limit says where, what and what is accepted") {
  const auto settings = load_from({}, ConfigText{"f", "limits:\n  intervall: 1s\n  probes: 9\n"}, {});
  REQUIRE(!settings);
  std::string errors;
  for (const ConfigError& error : settings.error()) errors += describe(error) + "\n";
  CAPTURE(errors);
  CHECK(errors.find("intervall") != std::string::npos);
  CHECK(errors.find("'interval'") != std::string::npos);
  CHECK(errors.find("0 to 8") != std::string::npos);
}

}  // namespace
}  // namespace healer
