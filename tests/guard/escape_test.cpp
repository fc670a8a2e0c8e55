// Attempts to escape: each succeeds on the engine's own socket, and none passes the guard.
#include <doctest/doctest.h>

#include <signal.h>

#include <map>
#include <set>
#include <string>

#include "guard/attempts.hpp"

namespace healer::guard::testing {
namespace {

TEST_CASE("no attempt passes the guard, and each is refused for its reason") {
  Scene scene;
  Suite suite(scene);
  std::size_t succeeded_raw = 0;
  for (const Attempt& attempt : suite.attempts) {
    suite.restore();
    const Answered raw = scene.raw(attempt.bytes);
    const std::string shown = attempt.bytes.substr(0, 200);
    CHECK_MESSAGE(succeeded(raw), "on the engine's own socket: " << shown << "\n"
                                                                 << raw.bytes.substr(0, 300));
    succeeded_raw += succeeded(raw) ? 1 : 0;
  }
  CHECK(succeeded_raw >= 200);
  suite.restore();
  scene.start_guard(Suite::lines);
  std::map<std::string, std::string> before;
  for (const Victim& victim : victims) before[victim.name] = scene.started_at(victim.name);
  for (const Attempt& attempt : suite.attempts) {
    const Answered guarded = scene.guarded(attempt.bytes);
    CHECK_MESSAGE(guarded.refused_by(attempt.rule), to_string(attempt.rule)
                                                        << ": " << attempt.bytes.substr(0, 200) << "\n"
                                                        << guarded.bytes.substr(0, 400));
  }
  for (const Victim& victim : victims) CHECK(before[victim.name] == scene.started_at(victim.name));
  MESSAGE(succeeded_raw << " attempts");
}

TEST_CASE("a guard without a rule lets through what that rule stops") {
  Scene scene;
  Suite suite(scene);
  std::set<Rule> rules;
  for (const Attempt& attempt : suite.attempts) rules.insert(attempt.rule);
  // What these refuse has no meaning that the guard could go on with.
  for (const Rule structural : {Rule::Verb, Rule::Path, Rule::RequestLine, Rule::Header})
    rules.erase(structural);
  for (const Rule rule : rules) {
    suite.restore();
    scene.forget();
    scene.start_guard(Suite::lines, to_string(rule));
    bool passed = false;
    for (const Attempt& attempt : suite.attempts)
      if (attempt.rule == rule && !passed) {
        const Answered answered = scene.guarded(attempt.bytes);
        // A chunked body without its coding is bytes behind the request: another rule stops it then.
        passed = succeeded(answered) || (rule == Rule::Coding && answered.refused_by(Rule::Pipelined));
      }
    CHECK_MESSAGE(passed, to_string(rule));
    scene.stop_guard(SIGKILL);
  }
}

}  // namespace
}  // namespace healer::guard::testing
