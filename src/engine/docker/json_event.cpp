#include "engine/docker/json_event.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <boost/json/monotonic_resource.hpp>

#include "base/text.hpp"
#include "engine/docker/json_fields.hpp"
#include "model/policy.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;

/// The engines' words for events.
enum class Word { Die, HealthStatus, Kill, Oom, Restart, Start, Stop, Changed, Removed };

/// In some versions of Podman its own words ("died", "remove") appear in the Docker-compatible stream.
constexpr std::array<std::pair<std::string_view, Word>, 14> words{{
    {"start", Word::Start},
    {"die", Word::Die},
    {"died", Word::Die},
    {"kill", Word::Kill},
    {"oom", Word::Oom},
    {"stop", Word::Stop},
    {"restart", Word::Restart},
    {"pause", Word::Changed},
    {"unpause", Word::Changed},
    {"rename", Word::Changed},
    {"update", Word::Changed},
    {"health_status", Word::HealthStatus},
    {"destroy", Word::Removed},
    {"remove", Word::Removed},
}};

/// Limits memory if containers report out-of-memory kills, but never their end.
constexpr std::size_t most_out_of_memory = 1000;

std::optional<Word> word_named(std::string_view name) {
  for (const auto& [known, word] : words)
    if (known == name) return word;
  return std::nullopt;
}

int whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

EngineHealth health_named(std::string_view text) {
  text = trim(text);
  if (text == "healthy") return EngineHealth::Healthy;
  if (text == "unhealthy") return EngineHealth::Unhealthy;
  if (text == "starting") return EngineHealth::Starting;
  return EngineHealth::None;
}

std::int64_t nanoseconds(const Fields& root) {
  if (const auto exact = root.number_if_said("timeNano")) return *exact;
  const std::int64_t seconds = root.number("time");
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
  return std::clamp<std::int64_t>(seconds, 0, most) * 1'000'000'000;
}

int exit_code(const Fields& attributes) {
  const std::string code = attributes.text("exitCode");
  return whole_number(code.empty() ? attributes.text("containerExitCode") : code);
}

/// Docker appends the result to the word ("health_status: unhealthy"), Podman has a separate field for it.
EngineHealth health_in(const Fields& root, const Fields& attributes, std::string_view behind_colon) {
  const EngineHealth health = health_named(behind_colon.empty() ? root.text("HealthStatus") : behind_colon);
  return health == EngineHealth::None ? health_named(attributes.text("health_status")) : health;
}

std::optional<EngineReport> stop_by_signal(const Fields& attributes) {
  const int signal = signal_number(attributes.text("signal")).value_or(0);
  if (ends_no_process(signal)) return std::nullopt;
  return StopRequested{StopForm::Signal, signal};
}

tl::unexpected<Error> does_not_fit(const std::string& problem) {
  return failure(ErrorCode::Protocol, "an event does not fit: " + problem);
}

}  // namespace

Result<std::optional<EngineEvent>> EventReader::read(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  const std::string type = root.text("Type");
  const std::string action = root.text("Action");
  const std::string_view whole = action;
  const auto colon = whole.find(':');
  const auto word = word_named(trim(whole.substr(0, colon)));
  std::optional<EngineReport> report;
  EngineEvent event;
  if (word && type == "container") {
    const Fields actor = root.object("Actor");
    const Fields attributes = actor.object("Attributes");
    event.container_id = actor.text("ID");
    event.name = attributes.text("name");
    event.unix_nanoseconds = nanoseconds(root);
    switch (*word) {
      case Word::Kill:
        report = stop_by_signal(attributes);
        break;
      case Word::Stop:
        report = StopRequested{};
        break;
      case Word::Restart:
        // Podman reports `restart` before the exit, Docker after the new start. Docker's would explain the
        // wrong exit.
        if (product_ == Product::Podman)
          report = StopRequested{StopForm::Restart};
        else
          report = Changed{};
        break;
      case Word::Die:
        report = Ended{exit_code(attributes), out_of_memory_.count(event.container_id) != 0};
        break;
      case Word::Oom:
        if (out_of_memory_.size() < most_out_of_memory) out_of_memory_.insert(event.container_id);
        break;
      case Word::Start:
        out_of_memory_.erase(event.container_id);
        report = Started{};
        break;
      case Word::HealthStatus:
        report = HealthReported{
            health_in(root, attributes, colon == whole.npos ? std::string_view() : whole.substr(colon + 1))};
        break;
      case Word::Changed:
        report = Changed{};
        break;
      case Word::Removed:
        out_of_memory_.erase(event.container_id);
        report = Removed{};
        break;
    }
    if (!problem && event.container_id.empty()) problem = "Actor.ID: missing";
  }
  if (problem) return does_not_fit(*problem);
  if (!report) return std::optional<EngineEvent>();
  event.report = *report;
  return event;
}

std::string event_filter() {
  std::string filter = R"({"type":["container"],"event":[)";
  const char* separator = "";
  for (const auto& entry : words) {
    filter.append(separator).append("\"").append(entry.first).append("\"");
    separator = ",";
  }
  return filter + "]}";
}

}  // namespace healer::docker
