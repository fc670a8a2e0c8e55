#include "engine/docker/json_event.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <boost/json/monotonic_resource.hpp>

#include "base/text.hpp"
#include "engine/docker/compose.hpp"
#include "engine/docker/json_fields.hpp"
#include "model/policy.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;

/// The engines' words for events.
enum class Word { Die, HealthStatus, Kill, Oom, Restart, Start, Stop, Changed, Removed, Created, Network };

/// In some versions of Podman its own words ("died", "remove") appear in the Docker-compatible stream.
constexpr std::array<std::pair<std::string_view, Word>, 17> words{{
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
    {"create", Word::Created},
    {"connect", Word::Network},
    {"disconnect", Word::Network},
}};

/// Limits memory if containers report out-of-memory kills, but never their end, or if all have odd labels.
constexpr std::size_t most_out_of_memory = 1000;
constexpr std::size_t most_hidden = 10'000;

std::optional<Word> word_named(std::string_view name) {
  for (const auto& [known, word] : words)
    if (known == name) return word;
  return std::nullopt;
}

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
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

/// Docker appends the result to the word ("health_status: unhealthy"), Podman has a separate field for it.
EngineHealth health_in(const Fields& root, std::string_view behind_colon) {
  return health_named(behind_colon.empty() ? root.text("HealthStatus") : behind_colon);
}

void note(std::unordered_set<std::string>& containers, const std::string& id) {
  if (containers.size() < most_hidden) containers.insert(id);
}

/// Without a usable exit code the report is Changed: an inspect shows the exit code.
EngineReport end_in(Product product, const Fields& attributes, bool hidden, bool out_of_memory) {
  const std::string text = attributes.text(product == Product::Podman ? "containerExitCode" : "exitCode");
  const auto code = hidden ? std::nullopt : whole_number(text);
  if (!code) return Changed{};
  return Ended{*code, out_of_memory};
}

std::optional<EngineReport> stop_by_signal(const Fields& attributes, bool hidden) {
  const int signal = hidden ? 0 : signal_number(attributes.text("signal")).value_or(0);
  if (ends_no_process(signal)) return std::nullopt;
  return StopRequested{StopForm::Signal, signal};
}

std::string service_in(const Fields& attributes) {
  Labels labels;
  for (const auto& entry : attributes.all())
    if (is_compose_label(entry.key()))
      labels.emplace(std::string(entry.key()), attributes.text_of(entry.key(), entry.value()));
  return compose_service(labels);
}

/// An event about a container, as far as it can be read without the events before it.
struct Said {
  Word word = Word::Changed;
  std::string behind_colon;  ///< "unhealthy" of "health_status: unhealthy"
  Fields attributes;
  EngineEvent event;
  bool too_large = false;  ///< it came without attributes: an inspect shows what happened
};

std::optional<Said> said_in(const Fields& root, Product product) {
  const std::string type = root.text("Type");
  const std::string action = root.text("Action");
  const std::string_view whole = action;
  const auto colon = whole.find(':');
  const auto word = word_named(trim(whole.substr(0, colon)));
  const bool of_network = type == "network";
  if (!word || (type != "container" && !of_network) || of_network != (*word == Word::Network))
    return std::nullopt;
  const Fields actor = root.object("Actor");
  Said said{*word, {}, actor.object("Attributes"), {}, !of_network && !root.all().contains("Actor")};
  if (colon != whole.npos) said.behind_colon = whole.substr(colon + 1);
  // The actor of a network's event is the network on Docker, and the container on Podman.
  said.event.container_id =
      of_network && product == Product::Docker ? said.attributes.text("container") : actor.text("ID");
  if (said.too_large) said.event.container_id = root.text("id");
  if (!of_network) said.event.name = said.attributes.text("name");
  said.event.unix_nanoseconds = nanoseconds(root);
  return said;
}

tl::unexpected<Error> does_not_fit(const std::string& problem) {
  return failure(ErrorCode::Protocol, "an event does not fit: " + problem);
}

}  // namespace

/// Docker gives an event that is neither an end nor a signal these attributes only by a label.
void EventReader::note_labels(const Fields& attributes, const std::string& id) {
  const bool exit_code = attributes.all().contains("exitCode");
  const bool signal = attributes.all().contains("signal");
  if (exit_code) note(hidden_.exit_code, id);
  if (signal) note(hidden_.signal, id);
  if (hidden_.unproven && !exit_code && !signal) note(clear_, id);
}

bool EventReader::hides_exit_code(const std::string& id) const {
  if (product_ == Product::Podman) return false;
  return hidden_.exit_code.count(id) != 0 || (hidden_.unproven && clear_.count(id) == 0);
}

bool EventReader::hides_signal(const std::string& id) const {
  return hidden_.signal.count(id) != 0 || (hidden_.unproven && clear_.count(id) == 0);
}

Result<std::optional<EngineEvent>> EventReader::read(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  std::optional<Said> said = said_in(root, product_);
  std::optional<EngineReport> report;
  if (said) {
    const std::string& id = said->event.container_id;
    if (product_ == Product::Docker && said->word != Word::Die && said->word != Word::Kill &&
        said->word != Word::Network && !said->too_large)
      note_labels(said->attributes, id);
    switch (said->too_large ? Word::Changed : said->word) {
      case Word::Kill:
        report = stop_by_signal(said->attributes, product_ == Product::Podman || hides_signal(id));
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
        report = end_in(product_, said->attributes, hides_exit_code(id), out_of_memory_.count(id) != 0);
        break;
      case Word::Oom:
        if (out_of_memory_.size() < most_out_of_memory) out_of_memory_.insert(id);
        break;
      case Word::Start:
        out_of_memory_.erase(id);
        report = Started{};
        break;
      case Word::HealthStatus:
        report = HealthReported{health_in(root, said->behind_colon)};
        break;
      case Word::Changed:
      case Word::Network:
        report = Changed{};
        break;
      case Word::Removed:
        forget(id);
        said->event.service = service_in(said->attributes);
        report = Removed{};
        break;
      case Word::Created:
        said->event.service = service_in(said->attributes);
        report = Created{};
        break;
    }
    if (!problem && id.empty()) problem = "the container's id: missing";
  }
  if (problem) return does_not_fit(*problem);
  if (!report) return std::optional<EngineEvent>();
  said->event.report = *report;
  return std::move(said->event);
}

void EventReader::forget(const std::string& id) {
  out_of_memory_.erase(id);
  hidden_.exit_code.erase(id);
  hidden_.signal.erase(id);
  clear_.erase(id);
}

std::string event_container(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return {};
  Fields::Problem ignored;
  const Fields root(*parsed, ignored);
  const std::string type = root.text("Type");
  return type.empty() || type == "container" ? root.text("id") : std::string();
}

std::int64_t event_time(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return 0;
  Fields::Problem ignored;
  return nanoseconds(Fields(*parsed, ignored));
}

std::string event_filter() {
  std::string filter = R"({"type":["container","network"],"event":[)";
  const char* separator = "";
  for (const auto& entry : words) {
    filter.append(separator).append("\"").append(entry.first).append("\"");
    separator = ",";
  }
  return filter + "]}";
}

}  // namespace healer::docker
