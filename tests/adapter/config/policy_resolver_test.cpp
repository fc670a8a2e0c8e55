// Tests of container labels over the defaults: precedence, opting in and out, problems, sharing.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/policy_resolver.hpp"

namespace healer {
namespace {

ResolvedPolicy resolved(const Labels& labels, Policy defaults = {}) {
  return PolicyResolver(std::move(defaults)).resolve(labels);
}

std::string said(const Labels& labels) {
  std::string text;
  for (const auto& [label, value] : labels) text += label + "=" + value + " ";
  return text;
}

TEST_CASE("opting in and out") {
  struct Row {
    Labels labels;
    Selection wanted;
    std::size_t problems;
  };
  const std::vector<Row> rows{
      {{}, Selection::Unlabelled, 0},
      {{{"monitored", "true"}}, Selection::OptedIn, 0},
      {{{"monitored", "YES"}}, Selection::OptedIn, 0},
      {{{"monitored", "1"}}, Selection::OptedIn, 0},
      {{{"healer.enable", "On"}}, Selection::OptedIn, 0},
      {{{"monitored", "false"}}, Selection::OptedOut, 0},
      {{{"healer.enable", "0"}}, Selection::OptedOut, 0},
      {{{"monitored", "true"}, {"healer.enable", "no"}}, Selection::OptedOut, 0},
      {{{"monitored", "off"}, {"healer.enable", "true"}}, Selection::OptedOut, 0},
      {{{"monitored", "true"}, {"healer.enable", "true"}}, Selection::OptedIn, 0},
      {{{"monitored", "ture"}}, Selection::Unlabelled, 1},
      {{{"monitored", ""}}, Selection::Unlabelled, 1},
      {{{"monitored", "maybe"}, {"healer.enable", "false"}}, Selection::OptedOut, 1},
      {{{"Monitored", "true"}}, Selection::Unlabelled, 1},
      {{{"monitored.by", "true"}, {"healerx", "1"}, {"other", "2"}}, Selection::Unlabelled, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(said(row.labels));
    const ResolvedPolicy result = resolved(row.labels);
    CHECK(result.policy->selection == row.wanted);
    CHECK(result.problems.size() == row.problems);
  }
}

TEST_CASE("a label wins over file and environment, setting by setting") {
  const auto settings =
      load_from({{"CHECK_INTERVAL", "20"}, {"REQUEST_TIMEOUT", "2"}, {"HEALTH_PATH", "/env"}},
                ConfigText{"f", "defaults: {interval: 30s, timeout: 3s}"}, {});
  REQUIRE(settings);
  const Labels labels{{"monitored", "true"}, {"healer.interval", "40s"}, {"healer.budget", "2/10m"}};
  const PolicyPtr policy = resolved(labels, settings->defaults).policy;
  CHECK(policy->interval == 40s);
  CHECK(policy->timeout == 3s);
  CHECK(policy->probe.path == "/env");
  CHECK(policy->retry.budget_attempts == 2);
  CHECK(policy->retry.budget_window == 10min);
  CHECK(policy->failure_threshold == 3);

  const Explanation explanation = explain(*settings, labels);
  CHECK(explanation.selection == Selection::OptedIn);
  std::vector<std::string> rows;
  for (const EffectiveSetting& setting : explanation.settings)
    rows.push_back(std::string(setting.info->key) + "=" + setting.value + " " + to_string(setting.origin));
  for (const std::string wanted :
       {"interval=40s label healer.interval", "timeout=3s f:1", "path=/env environment HEALTH_PATH",
        "budget=2/10m label healer.budget", "remedies=auto default"}) {
    CAPTURE(wanted);
    CHECK(std::find(rows.begin(), rows.end(), wanted) != rows.end());
  }
}

TEST_CASE("every workload setting can be a label") {
  for (const auto& setting : workload_settings()) {
    std::string value = setting.info.default_text.empty() ? "x" : setting.info.default_text;
    if (setting.info.key == "headers") value = "X-A: b";
    if (setting.info.key == "address") value = "192.0.2.7";
    Labels labels{{std::string(setting.info.label), value}};
    // A setting of the probe has an effect only on the kinds that it fits.
    if (!setting.info.fits.empty()) labels["healer.probe"] = to_string(setting.info.fits.front());
    CAPTURE(std::string(setting.info.label));
    CHECK(resolved(labels).problems.empty());
  }
}

TEST_CASE("a label that is wrong is a problem with the nearest name, and the rest applies") {
  const ResolvedPolicy result = resolved({{"monitored", "true"},
                                          {"healer.intervall", "5s"},
                                          {"healer.remedies", "restat"},
                                          {"healer.failure_threshold", "0"},
                                          {"healer.timeout", "1s"}});
  CHECK(result.policy->selection == Selection::OptedIn);
  CHECK(result.policy->timeout == 1s);
  CHECK(result.policy->failure_threshold == 3);
  CHECK(result.policy->remedies.empty());
  REQUIRE(result.problems.size() == 3);
  CHECK(result.problems[2] ==
        LabelProblem{
            "healer.remedies", "restat",
            "'restat' is not valid: no remedy 'restat'; accepted: auto, or up to 16 of restart, start, stop, "
            "recreate, replace, none, kill:SIGNAL, exec:COMMAND and webhook:URL, with commas between them; "
            "none and stop only as the last; did you mean 'restart'?"});
  CHECK(result.problems[0] == LabelProblem{"healer.failure_threshold", "0",
                                           "'0' is not valid; accepted: a whole number from 1 to 1000"});
  CHECK(result.problems[1] ==
        LabelProblem{"healer.intervall", "", "no such label; did you mean 'healer.interval'?"});
}

TEST_CASE("containers with the same labels of healer share one policy") {
  PolicyResolver resolver{Policy{}};
  const auto first = resolver.resolve({{"monitored", "true"}, {"healer.interval", "5s"}, {"build", "1"}});
  const auto second = resolver.resolve({{"healer.interval", "5s"}, {"monitored", "true"}, {"build", "2"}});
  CHECK(first.policy == second.policy);
  CHECK(first.policy != resolver.resolve({{"monitored", "true"}, {"healer.interval", "6s"}}).policy);
  // Problems are reported for each container, not only for the first.
  const Labels wrong{{"healer.nonsense", "1"}};
  CHECK(resolver.resolve(wrong).problems.size() == 1);
  CHECK(resolver.resolve(wrong).problems.size() == 1);
}

TEST_CASE("cache keys that differ only in where one label ends are different") {
  PolicyResolver resolver{Policy{}};
  const auto one = resolver.resolve({{"healer.body", "a"}, {"healer.path", "/b"}});
  const auto two = resolver.resolve({{"healer.body", "a11:healer.path2:/b"}});
  CHECK(one.policy != two.policy);
  CHECK(two.policy->probe.path == "/health");
}

TEST_CASE("the cache stays correct beyond its limit") {
  PolicyResolver resolver{Policy{}};
  for (std::size_t i = 0; i < 3 * PolicyResolver::cache_limit; ++i) {
    const auto milliseconds = static_cast<int>(1000 + i);
    const auto result = resolver.resolve({{"healer.interval", std::to_string(milliseconds) + "ms"}});
    REQUIRE(result.policy->interval == Duration{milliseconds});
  }
}

TEST_CASE("no labels make the resolver throw, and huge ones give short problems") {
  CHECK(rc::check("random labels", [](const Labels& random, const std::string& value) {
    Labels labels = random;
    for (const auto& [label, text] : random) labels["healer." + label] = text;
    for (const auto& setting : workload_settings())
      if (*rc::gen::arbitrary<bool>()) labels[std::string(setting.info.label)] = value;
    labels["monitored"] = value;
    PolicyResolver resolver{Policy{}};
    const auto once = resolver.resolve(labels);
    const auto again = resolver.resolve(labels);
    RC_ASSERT(*once.policy == *again.policy);
    RC_ASSERT(once.problems == again.problems);
    RC_ASSERT(once.policy->interval >= 100ms && once.policy->interval <= 24h);
    RC_ASSERT(once.policy->failure_threshold >= 1u);
  }));
  const std::string huge(2 * 1024 * 1024, 'x');
  const auto result =
      resolved({{"healer." + huge, huge}, {"healer.interval", huge}, {"healer.status", huge}});
  REQUIRE(result.problems.size() == 3);
  for (const LabelProblem& problem : result.problems)
    CHECK(problem.label.size() + problem.value.size() + problem.message.size() < 600);
}

}  // namespace
}  // namespace healer
