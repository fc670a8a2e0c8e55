// Any bytes as a webhook of Alertmanager: refused with a short reason, or read into alerts of bounded size.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "alert/alertmanager.hpp"
#include "alert/target.hpp"
#include "fuzz/expect.hpp"

using healer::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = healer::read_alertmanager({reinterpret_cast<const char*>(data), size});
  if (!read) {
    expect(!read.error().message.empty() && read.error().message.size() < 1000, "a reason of bounded length");
    return 0;
  }
  std::vector<healer::WorkloadStatus> workloads(2);
  workloads[0].key = workloads[0].name = "web";
  workloads[1].key = "shop/web/1";
  for (const healer::AlertmanagerAlert& alert : *read) {
    expect(!alert.id.empty() && alert.id.size() <= 64, "an id of at most 64 bytes");
    expect(alert.text.size() <= 310 && alert.text.find('\n') == std::string::npos, "one short line");
    const auto target = healer::AlertTargets(workloads).find(alert.labels, healer::default_alert_labels());
    expect(target.found != healer::AlertTarget::Found::One || !target.key.empty(),
           "a key when one workload is found");
    expect((target.found == healer::AlertTarget::Found::One) == target.text.empty(),
           "a reason exactly when none is found");
    expect(alert.ask_at.empty() || healer::usable_external_url(alert.ask_at), "an address that may be asked");
  }
  return 0;
}
