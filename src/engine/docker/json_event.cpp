#include "engine/docker/json_event.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <limits>
#include <utility>

#include <boost/json/monotonic_resource.hpp>

#include "base/text.hpp"
#include "engine/docker/json_fields.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;

/// Both engines' words. Podman's own ones reach its Docker-compatible stream in some versions.
constexpr std::array<std::pair<std::string_view, EngineEventKind>, 15> kinds{{
    {"create", EngineEventKind::Create},
    {"start", EngineEventKind::Start},
    {"die", EngineEventKind::Die},
    {"died", EngineEventKind::Die},
    {"kill", EngineEventKind::Kill},
    {"oom", EngineEventKind::Oom},
    {"stop", EngineEventKind::Stop},
    {"restart", EngineEventKind::Restart},
    {"pause", EngineEventKind::Pause},
    {"unpause", EngineEventKind::Unpause},
    {"rename", EngineEventKind::Rename},
    {"update", EngineEventKind::Update},
    {"health_status", EngineEventKind::HealthStatus},
    {"destroy", EngineEventKind::Destroy},
    {"remove", EngineEventKind::Destroy},
}};

std::optional<EngineEventKind> kind_named(std::string_view name) {
  for (const auto& [known, kind] : kinds)
    if (known == name) return kind;
  return std::nullopt;
}

int whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

/// "9", "KILL" or "SIGKILL"; 0 for what is none of them.
int signal_number(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, int>, 9> names{{{"HUP", SIGHUP},
                                                                   {"INT", SIGINT},
                                                                   {"QUIT", SIGQUIT},
                                                                   {"ABRT", SIGABRT},
                                                                   {"KILL", SIGKILL},
                                                                   {"USR1", SIGUSR1},
                                                                   {"USR2", SIGUSR2},
                                                                   {"TERM", SIGTERM},
                                                                   {"WINCH", SIGWINCH}}};
  if (text.substr(0, 3) == "SIG") text.remove_prefix(3);
  for (const auto& [name, number] : names)
    if (name == text) return number;
  return whole_number(text);
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

}  // namespace

Result<std::optional<EngineEvent>> parse_event(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  const std::string type = root.text("Type");
  const std::string effect = root.text("Action");
  // Docker: "health_status: unhealthy"; Podman: "health_status" and a field of its own.
  const auto colon = effect.find(':');
  const auto kind = kind_named(trim(std::string_view(effect).substr(0, colon)));
  std::optional<EngineEvent> event;
  if (kind && type == "container") {
    const Fields actor = root.object("Actor");
    const Fields attributes = actor.object("Attributes");
    event.emplace();
    event->kind = *kind;
    event->container_id = actor.text("ID");
    event->name = attributes.text("name");
    event->unix_nanoseconds = nanoseconds(root);
    if (*kind == EngineEventKind::Die) {
      const std::string code = attributes.text("exitCode");
      event->exit_code = whole_number(code.empty() ? attributes.text("containerExitCode") : code);
    }
    if (*kind == EngineEventKind::Kill) event->signal = signal_number(attributes.text("signal"));
    if (*kind == EngineEventKind::HealthStatus) {
      event->health = colon == std::string::npos ? health_named(root.text("HealthStatus"))
                                                 : health_named(std::string_view(effect).substr(colon + 1));
      if (event->health == EngineHealth::None) event->health = health_named(attributes.text("health_status"));
    }
  }
  if (!problem && event && event->container_id.empty()) problem = "Actor.ID: missing";
  if (problem) return failure(ErrorCode::Protocol, "an event does not fit: " + *problem);
  return event;
}

std::string event_filter() {
  std::string filter = R"({"type":["container"],"event":[)";
  const char* separator = "";
  for (const auto& entry : kinds) {
    filter.append(separator).append("\"").append(entry.first).append("\"");
    separator = ",";
  }
  return filter + "]}";
}

}  // namespace healer::docker
