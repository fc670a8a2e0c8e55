// Containers write their own labels: what one of them asks for must not cost the others.
#include <atomic>
#include <fstream>

#include "field/field_case.hpp"

namespace healer::testing {
namespace {

/// The labels of `number` named probes by command, each as often as labels may ask.
Labels commands(unsigned number) {
  Labels labels{{"healer.probe", "exec"}, {"healer.command", "check 0"}, {"healer.interval", "100ms"}};
  for (unsigned each = 1; each < number; ++each) {
    const std::string probe = "healer.probes.p" + std::to_string(each) + ".";
    labels[probe + "probe"] = "exec";
    labels[probe + "command"] = "check " + std::to_string(each);
    labels[probe + "interval"] = "100ms";
  }
  return labels;
}

TEST_CASE("fairness: a container with many quick commands delays its own checks, not those of others") {
  FieldCase field;
  std::atomic<unsigned> greedy_ran = 0, modest_ran = 0;
  ScriptedContainer& greedy = field.container("greedy", {.labels = commands(8), .serves = false});
  greedy.exec_answer = [&](const std::vector<std::string>&) {
    ++greedy_ran;
    return CommandEnd{0, ""};
  };
  ScriptedContainer& modest = field.container("modest", {.labels = commands(1), .serves = false});
  modest.exec_answer = [&](const std::vector<std::string>&) {
    ++modest_ran;
    return CommandEnd{0, ""};
  };
  std::ofstream(field.file("limits.yml")) << "limits:\n  exec_rate: 4\n";
  field.start({{"HEALER_CONFIG", field.file("limits.yml")}});
  // Both want more than the host's rate: they take turns, eight probes against one.
  CHECK(field.holds([&] { return modest_ran >= 20; }, 60s));
  CHECK(greedy_ran <= modest_ran + 8);  // what one second's rate let begin before the first turn
  CHECK(field.hinted("greedy", "interval"));
  CHECK(field.holds([&] { return field.healer().whole_log().find("limits: exec_rate") != std::string::npos; },
                    30s));
  field.canary_is_healed();
}

}  // namespace
}  // namespace healer::testing
