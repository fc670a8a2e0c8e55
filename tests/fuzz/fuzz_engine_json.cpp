// Any bytes as the engine's answers and events: a short error, or a value that keeps its contract.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/text.hpp"
#include "engine/docker/engine_time.hpp"
#include "engine/docker/json_container.hpp"
#include "engine/docker/json_engine.hpp"
#include "engine/docker/json_event.hpp"
#include "engine/docker/json_evidence.hpp"
#include "fuzz/expect.hpp"

using namespace healer;
using fuzz::expect;

namespace {

template <class T>
void expect_short_message(const Result<T>& result) {
  if (!result) expect(result.error().message.size() < 1000, "an error's text is short");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto container = docker::parse_container(text);
  expect_short_message(container);
  if (container) {
    expect(!container->id.empty(), "a container has an id");
    expect(container->health_check.output.size() <= 4096, "health output is capped");
    expect(!container->stop_timeout || *container->stop_timeout >= Duration{0}, "no negative stop timeout");
    expect(container->health_check.interval >= Duration{0}, "no negative interval");
    bool published = true;
    for (const auto& port : container->ports) {
      expect(published || port.host_port == 0, "published ports come first");
      expect(port.host_address.empty() == (port.host_port == 0), "a published port has an address");
      published = port.host_port != 0;
    }
  }
  const auto summary = docker::parse_summary(text);
  expect_short_message(summary);
  if (summary) expect(!summary->id.empty(), "a list element has an id");
  const auto event = docker::EventReader(docker::Product::Docker).read(text);
  expect_short_message(event);
  if (event && *event) expect(!(*event)->container_id.empty(), "an event has an id");
  expect_short_message(docker::parse_engine_version(text));
  const auto message = docker::error_message(text);
  expect(message.size() <= 300 && printable(message) == message,
         "an engine's message is short and printable");
  const auto evidence = docker::parse_inspect_evidence(text);
  expect_short_message(evidence);
  if (evidence)
    for (const auto& secret : evidence->secrets) expect(secret.size() >= 4, "a secret has at least 4 bytes");
  const auto processes = docker::parse_processes(text, 1000);
  expect_short_message(processes);
  if (processes) expect(printable_lines(*processes) == *processes, "processes are printable lines");
  const auto memory = docker::parse_memory_use(text);
  expect_short_message(memory);
  const auto time = docker::parse_engine_time(text);
  if (time) expect(time->unix_ms > 0, "a time is after 1970");
  return 0;
}
