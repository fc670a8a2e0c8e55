#include "engine/docker/json_evidence.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>
#include <boost/json/monotonic_resource.hpp>

#include "base/duration.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "engine/docker/engine_time.hpp"
#include "engine/docker/json_fields.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;

tl::unexpected<Error> does_not_fit(const std::string& problem) {
  return failure(ErrorCode::Protocol, "the answer does not fit: " + problem);
}

/// An engine's time in the engine's form; empty for "never".
std::string time_text(const std::string& text) {
  return parse_engine_time(text) ? printable(text) : std::string();
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
  std::string number = fmt::format("{:.1f}", size);
  if (number.ends_with(".0")) number.erase(number.size() - 2);
  return number + " " + units[unit];
}

std::uint64_t unsigned_of(std::int64_t value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
}

std::string state_lines(const Fields& root, const Fields& state) {
  std::string lines;
  const auto say = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) lines += fmt::format("{}: {}\n", name, value);
  };
  const std::string status = printable(state.text("Status"));
  const std::string health = printable(state.object("Health").text("Status"));
  say("state", health.empty() || health == "none" ? status : status + " (" + health + ")");
  const bool has_ended = !time_text(state.text("FinishedAt")).empty();
  if (has_ended) say("exit code", std::to_string(state.number("ExitCode")));
  say("out of memory", state.flag("OOMKilled") ? "yes" : "no");
  say("error", printable_lines(state.text("Error")));
  say("started", time_text(state.text("StartedAt")));
  say("finished", time_text(state.text("FinishedAt")));
  say("restarts by the engine", std::to_string(root.number("RestartCount")));
  const auto limit = root.object("HostConfig").number("Memory");
  say("memory limit", limit > 0 ? size_text(unsigned_of(limit)) : "none");
  return lines;
}

std::string health_lines(const Fields& health) {
  const json::array* log = health.array("Log");
  if (!log) return {};
  std::string lines;
  for (const auto& value : *log) {
    const Fields entry = health.within("Log", value);
    const std::string start = entry.text("Start");
    const auto from = parse_engine_time(start);
    const auto to = parse_engine_time(entry.text("End"));
    lines += fmt::format("{} exit code {}", printable(start), entry.number("ExitCode"));
    if (from && to && *to >= *from)
      lines += ", after " + format_duration(Duration{to->unix_ms - from->unix_ms});
    const std::string raw = entry.text("Output");
    const std::string output = printable_lines(trim(raw));
    lines += output.empty() ? std::string("\n") : ":\n" + output + "\n";
  }
  return lines;
}

}  // namespace

Result<InspectEvidence> parse_inspect_evidence(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  const Fields state = root.object("State");
  InspectEvidence evidence;
  evidence.state = state_lines(root, state);
  evidence.health_log = health_lines(state.object("Health"));
  evidence.running = state.flag("Running");
  evidence.memory_limited = root.object("HostConfig").number("Memory") > 0;
  std::vector<std::string> environment;
  const Fields config = root.object("Config");
  if (const json::array* env = config.array("Env"))
    for (const auto& value : *env) environment.push_back(config.text_of("Env", value));
  evidence.secrets = secrets_of(environment);
  if (problem) return does_not_fit(*problem);
  return evidence;
}

Result<std::string> parse_processes(std::string_view text, std::size_t cap) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  const auto line_of = [&](const json::array& row) {
    std::string line;
    for (const auto& cell : row) {
      if (!line.empty()) line += "  ";
      line += printable(root.text_of("Processes", cell));
    }
    return line + "\n";
  };
  std::string lines;
  if (const json::array* titles = root.array("Titles")) lines = line_of(*titles);
  std::size_t left_out = 0;
  if (const json::array* processes = root.array("Processes")) {
    for (const auto& value : *processes) {
      const json::array* row = value.if_array();
      if (!row) return does_not_fit("Processes: an array of arrays expected");
      // Only whole lines: redaction would not find half of a secret.
      std::string line = line_of(*row);
      if (lines.size() + line.size() > cap)
        ++left_out;
      else
        lines += line;
    }
  }
  if (left_out > 0) lines += fmt::format("and {} more\n", left_out);
  if (problem) return does_not_fit(*problem);
  return lines;
}

Result<std::optional<MemoryUse>> parse_memory_use(std::string_view text) {
  json::monotonic_resource resource;
  const auto parsed = parse_json(text, &resource);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields memory = Fields(*parsed, problem).object("memory_stats");
  const auto usage = memory.number_if_said("usage");
  const Fields parts = memory.object("stats");
  // cgroup v1 has total_inactive_file, v2 only inactive_file; Podman has neither.
  auto cache = parts.number_if_said("total_inactive_file");
  if (!cache) cache = parts.number_if_said("inactive_file");
  MemoryUse use;
  // "No limit" may be a number above 64 bits, which is no error here.
  Fields::Problem no_number;
  const auto limit = Fields(*parsed, no_number).object("memory_stats").number_if_said("limit");
  if (limit && !no_number) use.limit = unsigned_of(*limit);
  if (problem) return does_not_fit(*problem);
  if (!usage || *usage <= 0) return std::nullopt;
  use.used = unsigned_of(*usage);
  if (cache && *cache > 0 && unsigned_of(*cache) < use.used) use.used -= unsigned_of(*cache);
  return use;
}

std::string memory_text(const MemoryUse& use, bool limited) {
  if (!limited || use.limit == 0) return size_text(use.used) + ", no limit";
  return size_text(use.used) + " of " + size_text(use.limit);
}

}  // namespace healer::docker
