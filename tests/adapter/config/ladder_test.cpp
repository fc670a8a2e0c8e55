// Tests of the ladder: its written forms, the impossible ones, and that no webhook's address is shown.
#include "config/ladder.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/policy_resolver.hpp"

namespace healer {
namespace {

using Ladder = std::vector<RemedyStep>;

Ladder read(const std::string& text) {
  Ladder ladder;
  const Applied applied = read_ladder(text, ladder);
  CAPTURE(applied.reason);
  REQUIRE(applied);
  return ladder;
}

TEST_CASE("every kind of step is read in each written form") {
  const Ladder ladder = read(
      "restart,start, Recreate ,kill:SIGHUP,exec:sh -c 'a, "
      "b',webhook:\"https://h.example/x?a,b\",restart,stop");
  REQUIRE(ladder.size() == 8);
  CHECK(ladder[0] == RemedyStep{});
  CHECK(ladder[1].kind == RemedyKind::Start);
  CHECK(ladder[2].kind == RemedyKind::Recreate);
  CHECK(ladder[3] == RemedyStep{RemedyKind::Kill, 1, {}, {}});
  CHECK(ladder[4] == RemedyStep{RemedyKind::Exec, 0, {"sh", "-c", "a, b"}, {}});
  CHECK(ladder[5] == RemedyStep{RemedyKind::Webhook, 0, {}, Secret("https://h.example/x?a,b")});
  CHECK(ladder[7].kind == RemedyKind::Stop);
  CHECK(read("none") == Ladder{RemedyStep{RemedyKind::None, 0, {}, {}}});
}

TEST_CASE("a label names a webhook of the file, and cannot name a URL") {
  const auto settings = load_from(
      {},
      ConfigText{
          "f", "webhooks:\n  automation:\n    url: https://h.example/hunter2\n  other: {url: 'http://o/'}\n"},
      {});
  REQUIRE(settings);
  REQUIRE(settings->daemon.webhooks.size() == 2);
  PolicyResolver resolver(settings->defaults, {.webhooks = settings->daemon.webhooks});
  const auto of = [&](const char* value) { return resolver.resolve({{"healer.remedies", value}}); };
  const auto named = of("restart,webhook:automation");
  CHECK(named.problems.empty());
  REQUIRE(named.policy->remedies.size() == 2);
  CHECK(named.policy->remedies[1].url.reveal() == "https://h.example/hunter2");
  for (const char* value :
       {"webhook:http://127.0.0.1:2375/containers/db/kill", "webhook:https://h.example/hunter2",
        "webhook:nobody", "webhook:", "webhook", R"(["restart", "webhook:http://x/"])"}) {
    CAPTURE(value);
    const auto refused = of(value);
    REQUIRE(refused.problems.size() == 1);
    CHECK(refused.policy->remedies == settings->defaults.remedies);
    CHECK(refused.problems[0].message.find("webhooks:") != std::string::npos);
    CHECK(refused.problems[0].message.find("http:") == std::string::npos);
  }
  const Explanation explanation = explain(*settings, {{"healer.remedies", "webhook:other"}});
  CHECK(explanation.problems.empty());
}

TEST_CASE("a webhook of the file needs a name and a URL") {
  for (const char* text : {"webhooks: [a]", "webhooks: {a: {}}", "webhooks: {a: {url: ftp://x/}}",
                           "webhooks: {A b: {url: 'http://x/'}}",
                           "webhooks: {a: {url: 'http://x/', more: 1}}", "webhooks: {a: 'http://x/'}"})
    CHECK_MESSAGE(!load_from({}, ConfigText{"f", text}, {}), text);
  CHECK(load_from({}, ConfigText{"f", "webhooks:\n"}, {}));
}

TEST_CASE("an item of a list is one step and may hold commas") {
  Ladder ladder;
  REQUIRE(read_ladder_steps({"exec:echo a,b", "webhook:https://h/?a,b", "restart"}, ladder));
  CHECK(ladder.size() == 3);
  CHECK(ladder[0].command == std::vector<std::string>{"echo", "a,b"});
  const auto settings =
      load_from({}, ConfigText{"f", "defaults:\n  remedies:\n    - exec:echo a,b\n    - restart\n"}, {});
  REQUIRE(settings);
  CHECK(settings->defaults.remedies.size() == 2);
}

TEST_CASE("an impossible ladder is refused with the reason, and the nearest word") {
  struct Row {
    std::string text;
    std::string reason;
    std::string nearest;
  };
  const std::vector<Row> rows{
      {"", "nothing stands there", ""},
      {"restart,", "step 2: nothing stands there", ""},
      {"restat", "no remedy 'restat'", "restart"},
      {"restart,recrate", "step 2: no remedy 'recrate'", "recreate"},
      {"none,restart", "step 1: none ends the ladder, so nothing can follow it", ""},
      {"restart,stop,none", "step 2: stop ends the ladder, so nothing can follow it", ""},
      {"kill", "kill needs one signal, such as kill:TERM", ""},
      {"kill:", "kill needs one signal, such as kill:TERM", ""},
      {"kill:TERM HUP", "kill needs one signal, such as kill:TERM", ""},
      {"kill:SIGTREM", "no signal 'SIGTREM'", "kill:TERM"},
      {"kill:0", "no signal '0'", ""},
      {"restart,exec:", "step 2: exec needs a command, such as exec:/bin/reload", ""},
      {"exec:''", "exec: the command is empty", ""},
      {"exec:sh -c 'x", "a ' is not closed", ""},
      {"webhook:ftp://h/hunter2", "webhook needs an http:// or https:// URL with a host", ""},
      {"webhook:https:///hunter2", "webhook needs an http:// or https:// URL with a host", ""},
      {"webhook", "webhook needs an http:// or https:// URL with a host", ""},
      {"webhok:https://h/hunter2", "no such remedy", "webhook"},
      {"webhook:https://h/a,hunter2", "step 2: no such remedy", ""},
      {"restart:now", "restart takes nothing after a ':'", ""},
      {"[restart", "it begins with '[' but is no list of texts", ""},
      {"[]", "the list is empty", ""},
      {"restart,restart,restart,restart,restart,restart,restart,restart,restart,restart,restart,restart,"
       "restart,restart,restart,restart,restart",
       "17 steps; at most 16", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    Ladder ladder{RemedyStep{RemedyKind::Start, 0, {}, {}}};
    const Applied applied = read_ladder(row.text, ladder);
    CHECK_FALSE(applied);
    CHECK(applied.reason == row.reason);
    CHECK(applied.nearest == row.nearest);
    CHECK(ladder.front().kind == RemedyKind::Start);
    CHECK(ladder.size() == 1);
  }
}

TEST_CASE("a webhook's address is in no message, no listing and no problem") {
  const std::string secret = "hunter2";
  for (const std::string text :
       {"webhook:https://h/hunter2", "webhok:https://h/hunter2", "webhook:h.example/hunter2",
        "webhook:hunter2", "webhk:hunter2", "restart,webhook:https://h/a,hunter2", "web:h/hunter2",
        "webhook=https://h/hunter2", "https://h/hunter2", "none,webhook:https://h/hunter2",
        R"(["webhook:https://h/hunter2", "x"])", "kill:TERM,webhook:'hunter2"}) {
    CAPTURE(text);
    std::string reported;
    const auto settings = load_from({{"HEALER_REMEDIES", text}}, {}, {});
    if (settings) {
      for (const EffectiveSetting& setting : settings->effective)
        reported += setting.value + to_string(setting.origin);
      for (const std::string& warning : settings->warnings) reported += warning;
    } else {
      for (const ConfigError& error : settings.error()) reported += describe(error);
    }
    for (const char* label : {"healer.remedies", "healer.remedis"}) {
      const Labels labels{{"monitored", "true"}, {label, text}};
      const ResolvedPolicy resolved = PolicyResolver{Policy{}}.resolve(labels);
      for (const LabelProblem& problem : resolved.problems)
        reported += problem.label + problem.value + problem.message;
      const auto defaults = load_from({}, {}, {});
      REQUIRE(defaults);
      for (const EffectiveSetting& setting : explain(*defaults, labels).settings) reported += setting.value;
      reported += show_ladder(resolved.policy->remedies);
    }
    CHECK(reported.find(secret) == std::string::npos);
  }
}

TEST_CASE("every ladder without a webhook is read back from its shown form") {
  CHECK(rc::check("ladders", [](std::vector<std::vector<std::string>> commands) {
    Ladder ladder;
    for (std::vector<std::string>& command : commands) {
      if (ladder.size() == most_ladder_steps) break;
      RemedyStep step;
      step.kind = *rc::gen::element(RemedyKind::Restart, RemedyKind::Start, RemedyKind::Recreate,
                                    RemedyKind::Kill, RemedyKind::Exec);
      if (step.kind == RemedyKind::Kill) step.signal = *rc::gen::inRange(1, 65);
      if (step.kind == RemedyKind::Exec) {
        command.insert(command.begin(), "run");
        if (command.size() > 60) command.resize(60);
        for (std::string& word : command) std::erase(word, '\0');
        step.command = command;
      }
      ladder.push_back(std::move(step));
    }
    RC_PRE(!ladder.empty());
    Ladder again;
    const Applied applied = read_ladder(show_ladder(ladder), again);
    RC_ASSERT(applied.taken);
    RC_ASSERT(again == ladder);
  }));
}

}  // namespace
}  // namespace healer
