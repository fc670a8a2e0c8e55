// Any bytes as an answer of Prometheus: samples, or the reason why there are none. A rule evaluates the
// samples.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "alert/prometheus_answer.hpp"
#include "alert/rule_state.hpp"
#include "fuzz/expect.hpp"

using namespace healer;
using healer::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = read_prometheus_answer({reinterpret_cast<const char*>(data), size});
  if (!read) {
    expect(!read.error().message.empty() && read.error().message.size() < 1000, "a reason of bounded length");
    return 0;
  }
  expect(read->all.size() <= most_samples, "a bounded number of samples");
  for (const Sample& sample : read->all) expect(!std::isnan(sample.value), "no NaN");
  std::vector<WorkloadStatus> workloads(2);
  workloads[0].key = workloads[0].name = "web";
  workloads[1].key = "shop/web/1";
  const AlertTargets targets(workloads);
  RuleState rule({}, Duration{15'000});
  Instant now{Duration{1'000'000}};
  for (int i = 0; i < 3; ++i, now += Duration{15'000}) {
    const RuleEvaluation evaluation = rule.evaluate(*read, targets, default_alert_labels(), {}, now);
    expect(evaluation.changes.size() <= workloads.size(), "at most one change per workload");
    expect(i == 0 || evaluation.changes.empty(), "the same answer again changes nothing");
    expect(rule.firing() <= workloads.size(), "alerts fire only about watched workloads");
  }
  return 0;
}
