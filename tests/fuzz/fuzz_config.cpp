// Any bytes as a configuration file, labels and variables: accepted or refused with a reason; no crash, no
// hang, no exception.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/load.hpp"
#include "config/policy_resolver.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto settings = healer::load_from({}, healer::ConfigText{"healer.yaml", text}, {});
  if (!settings) {
    if (settings.error().empty()) std::abort();  // refused, but without a reason
    for (const healer::ConfigError& error : settings.error())
      if (healer::describe(error).empty()) std::abort();
  }
  // The same bytes as labels and variables: the first eight lines, as "name=value".
  healer::Labels labels;
  healer::Environment environment;
  for (std::size_t start = 0, lines = 0; start < text.size() && lines < 8; ++lines) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string value = equals < line.size() ? line.substr(equals + 1) : std::string();
    labels["healer." + line.substr(0, equals)] = value;
    environment["HEALER_" + line.substr(0, equals)] = value;
    start = end + 1;
  }
  (void)healer::PolicyResolver(healer::Policy{}).resolve(labels);
  (void)healer::load_from(environment, {}, {});
  return 0;
}
