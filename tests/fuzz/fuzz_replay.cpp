// Any bytes as a recording: each line is read, or refused with a reason. A line that was read is the same
// after it is written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "replay/recording.hpp"
#include "replay/values.hpp"

using namespace healer::replay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  RecordingReader reader;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const auto line = reader.read(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!line) {
      if (line.error().message.empty()) std::abort();
      continue;
    }
    const auto* step = std::get_if<RecordedStep>(&*line);
    if (step == nullptr) continue;
    ValueWriter writer;
    const boost::json::value written = writer.event(step->event);
    ValueReader again;
    for (const ValueWriter::NewPolicy& policy : writer.take_policies())
      if (!again.policy(policy.number, policy.value)) std::abort();
    const auto read = again.event(written);
    if (!read) std::abort();
    ValueWriter second;
    if (second.event(*read) != written) std::abort();
  }
  return 0;
}
