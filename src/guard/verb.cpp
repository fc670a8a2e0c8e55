#include "guard/verb.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

#include <fmt/format.h>

#include "base/encode.hpp"
#include "base/text.hpp"
#include "guard/strict_json.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;
using Method = Request::Method;

constexpr std::size_t full_id_length = 64;
constexpr std::size_t longest_name = 128;
constexpr std::size_t most_words = 64;
constexpr std::size_t longest_command = 4096;
constexpr std::size_t longest_mark = 40;

std::string shown(std::string_view text) {
  return clip(printable(text), 60);
}

bool is_hex(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

/// The engine's own form of names: [a-zA-Z0-9][a-zA-Z0-9_.-]+
bool fit_target(std::string_view target) {
  if (target.empty() || target.size() > longest_name) return false;
  if (std::string_view("_.-").find(target.front()) != std::string_view::npos) return false;
  return target.find_first_of("/:") == std::string_view::npos;
}

std::optional<unsigned> number_of(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc() || end != text.data() + text.size() || value > most) return {};
  return value;
}

/// The query of one verb: every key must be one that it has.
class Query {
 public:
  explicit Query(const Request& request) : request_(request) {}

  Ruled<void> only(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : request_.query)
      if (breaks(Rule::Query, std::find(keys.begin(), keys.end(), key) == keys.end()))
        return refuse(Rule::Query, fmt::format("query key {} is not accepted here", shown(key)));
    return {};
  }
  std::string_view value(std::string_view key) const {
    for (const auto& [name, value] : request_.query)
      if (name == key) return value;
    return {};
  }
  bool has(std::string_view key) const {
    return std::any_of(request_.query.begin(), request_.query.end(),
                       [&](const auto& pair) { return pair.first == key; });
  }
  Ruled<bool> flag(std::string_view key) const {
    const std::string_view text = value(key);
    if (!has(key) || text == "0" || text == "false") return false;
    if (text == "1" || text == "true") return true;
    return refuse(Rule::Query, fmt::format("{}={}; 0 or 1 is accepted", key, shown(text)));
  }

 private:
  const Request& request_;
};

Ruled<std::optional<unsigned>> stop_seconds(const Query& query) {
  if (!query.has("t")) return std::nullopt;
  constexpr unsigned any = 1'000'000;
  const auto seconds = number_of(query.value("t"), any);
  if (!seconds) return refuse(Rule::Query, "t=" + shown(query.value("t")) + "; whole seconds are accepted");
  if (breaks(Rule::StopTimeout, *seconds > longest_stop_seconds))
    return refuse(Rule::StopTimeout, fmt::format("t={}; at most {}", *seconds, longest_stop_seconds));
  return seconds;
}

/// "1700000000.000000001", or without the fraction.
bool fit_time(std::string_view text) {
  const auto dot = text.find('.');
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.size() <= 19 &&
           std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  return digits(text.substr(0, dot)) && (dot == std::string_view::npos || digits(text.substr(dot + 1)));
}

Ruled<Verb> events_of(const Query& query) {
  // Filters are read past: the guard asks the engine with its own.
  if (auto fit = query.only({"since", "until", "filters"}); !fit) return tl::unexpected(fit.error());
  EventsVerb verb{std::string(query.value("since")), std::string(query.value("until"))};
  for (const std::string* time : {&verb.since, &verb.until})
    if (!time->empty() && !fit_time(*time))
      return refuse(Rule::Query, "time " + shown(*time) + "; Unix seconds with a fraction are accepted");
  return verb;
}

Ruled<Verb> logs_of(const std::string& target, const Query& query) {
  if (auto fit = query.only({"stdout", "stderr", "timestamps", "tail"}); !fit)
    return tl::unexpected(fit.error());
  LogsVerb verb{target};
  const auto tail = number_of(query.value("tail"), most_log_lines);
  if (!tail)
    return refuse(Rule::Query,
                  fmt::format("tail={}; at most {} lines", shown(query.value("tail")), most_log_lines));
  verb.lines = *tail;
  std::array<bool, 3> flags{};
  std::size_t at = 0;
  for (const char* key : {"stdout", "stderr", "timestamps"}) {
    const auto flag = query.flag(key);
    if (!flag) return tl::unexpected(flag.error());
    flags[at++] = *flag;
  }
  verb.streams = static_cast<std::uint8_t>((flags[0] ? 1 : 0) | (flags[1] ? 2 : 0));
  verb.timestamps = flags[2];
  return verb;
}

Ruled<Verb> stats_of(const std::string& target, const Query& query) {
  if (auto fit = query.only({"stream", "one-shot"}); !fit) return tl::unexpected(fit.error());
  const auto streams = query.flag("stream");
  const auto one_shot = query.flag("one-shot");
  if (!streams || !one_shot) return tl::unexpected(streams ? one_shot.error() : streams.error());
  if (!query.has("stream") || *streams) return refuse(Rule::Query, "stats without stream=false");
  return StatsVerb{target, *one_shot};
}

Ruled<Verb> kill_of(const std::string& target, const Query& query) {
  if (auto fit = query.only({"signal"}); !fit) return tl::unexpected(fit.error());
  std::string signal(query.value("signal"));
  if (signal.starts_with("SIG")) signal.erase(0, 3);
  const bool name = !signal.empty() && signal.size() <= 10 &&
                    std::all_of(signal.begin(), signal.end(),
                                [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
  if (!name || (signal.front() >= '0' && signal.front() <= '9'))
    return refuse(Rule::Signal, "signal " + shown(signal) + "; a name such as HUP is accepted");
  return KillVerb{target, std::move(signal)};
}

/// The members of an exec's body that must be false, or absent.
Ruled<void> all_false(const json::object& body, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const json::value* value = body.if_contains(key);
    if (breaks(Rule::Json, value && (!value->is_bool() || value->get_bool())))
      return refuse(Rule::Json, fmt::format("{} must be false", key));
  }
  return {};
}

Ruled<void> only_keys(const json::object& body, std::initializer_list<std::string_view> keys) {
  for (const auto& member : body)
    if (breaks(Rule::Json, std::find(keys.begin(), keys.end(), std::string_view(member.key())) == keys.end()))
      return refuse(Rule::Json, "key " + shown(member.key()) + " is not accepted here");
  return {};
}

Ruled<Verb> exec_create_of(const std::string& target, const Query& query, const std::string& body) {
  if (auto fit = query.only({}); !fit) return tl::unexpected(fit.error());
  const auto read = parse_strict(body);
  if (!read) return tl::unexpected(read.error());
  if (auto fit = only_keys(*read, {"AttachStdin", "AttachStdout", "AttachStderr", "Tty", "Cmd"}); !fit)
    return tl::unexpected(fit.error());
  if (auto fit = all_false(*read, {"AttachStdin", "Tty"}); !fit) return tl::unexpected(fit.error());
  const json::value* words = read->if_contains("Cmd");
  if (!words || !words->is_array() || words->get_array().empty() || words->get_array().size() > most_words)
    return refuse(Rule::Json, fmt::format("Cmd must be a list of 1 to {} texts", most_words));
  ExecCreateVerb verb{target, {}};
  std::size_t bytes = 0;
  for (const json::value& word : words->get_array()) {
    if (!word.is_string()) return refuse(Rule::Json, "Cmd must be a list of texts");
    verb.command.emplace_back(word.get_string());
    bytes += verb.command.back().size();
  }
  if (bytes > longest_command)
    return refuse(Rule::Json, fmt::format("Cmd: more than {} bytes", longest_command));
  return verb;
}

Ruled<Verb> exec_start_of(const std::string& exec_id, const Query& query, const std::string& body) {
  if (auto fit = query.only({}); !fit) return tl::unexpected(fit.error());
  const auto read = parse_strict(body);
  if (!read) return tl::unexpected(read.error());
  if (auto fit = only_keys(*read, {"Detach", "Tty"}); !fit) return tl::unexpected(fit.error());
  if (auto fit = all_false(*read, {"Detach", "Tty"}); !fit) return tl::unexpected(fit.error());
  return ExecStartVerb{exec_id};
}

Ruled<Verb> recreate_of(const std::string& target, const Query& query) {
  if (auto fit = query.only({"t", "parent", "mark", "image"}); !fit) return tl::unexpected(fit.error());
  const auto seconds = stop_seconds(query);
  if (!seconds) return tl::unexpected(seconds.error());
  if (!is_full_id(target)) return refuse(Rule::Query, "recreate takes a full id");
  std::string parent(query.value("parent"));
  if (query.has("parent") && !is_full_id(parent)) return refuse(Rule::Query, "parent takes a full id");
  const std::string mark(query.value("mark"));
  const bool fit_mark = mark.size() <= longest_mark && std::all_of(mark.begin(), mark.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
                        });
  if (!fit_mark)
    return refuse(Rule::Query, "mark=" + shown(mark) + "; small letters and digits are accepted");
  std::string image(query.value("image"));
  if (query.has("image") && !is_image_id(image))
    return refuse(Rule::Query, "image takes a full id, sha256: and 64 digits");
  return RecreateVerb{target, *seconds, std::move(parent), mark, std::move(image)};
}

Ruled<Verb> unknown(const Request& request) {
  return refuse(Rule::Verb, fmt::format("{} {} is not among the calls that the guard passes",
                                        to_string(request.method), shown(request.path)));
}

Ruled<Verb> reading_of_container(const std::string& target, const std::string& what, const Request& request) {
  const Query query(request);
  if (what == "logs") return logs_of(target, query);
  if (what == "stats") return stats_of(target, query);
  const bool plain = what == "json" || what == "top";
  if (!plain) return unknown(request);
  if (auto fit = query.only({}); !fit) return tl::unexpected(fit.error());
  if (what == "json") return InspectVerb{target};
  return TopVerb{target};
}

Ruled<Verb> order_of_container(const std::string& target, const std::string& what, const Request& request) {
  const Query query(request);
  if (what == "exec") return exec_create_of(target, query, request.body);
  const bool known =
      what == "start" || what == "stop" || what == "restart" || what == "kill" || what == "recreate";
  if (!known) return unknown(request);
  // Before API 1.24 the body of a start was a HostConfig.
  if (breaks(Rule::Length, !request.body.empty())) return refuse(Rule::Length, what + " has no body");
  if (what == "kill") return kill_of(target, query);
  if (what == "recreate") return recreate_of(target, query);
  if (what == "start") {
    if (auto fit = query.only({}); !fit) return tl::unexpected(fit.error());
    return StartVerb{target};
  }
  if (auto fit = query.only({"t"}); !fit) return tl::unexpected(fit.error());
  const auto seconds = stop_seconds(query);
  if (!seconds) return tl::unexpected(seconds.error());
  if (what == "stop") return StopVerb{target, *seconds};
  return RestartVerb{target, *seconds};
}

Ruled<Verb> plain_reading(const Request& request) {
  const Query query(request);
  const std::string& path = request.path;
  if (path == "/containers/json") {
    if (auto fit = query.only({"all", "filters"}); !fit) return tl::unexpected(fit.error());
    return ListVerb{};
  }
  if (path == "/events") return events_of(query);
  std::optional<Verb> verb;
  if (path == "/_ping") verb = PingVerb{request.method == Method::Head};
  if (path == "/version") verb = VersionVerb{};
  if (path == "/info") verb = InfoVerb{};
  if (path == "/networks") verb = NetworksVerb{};
  if (path == "/guard/metrics") verb = MetricsVerb{};
  if (!verb) return unknown(request);
  if (auto fit = query.only({}); !fit) return tl::unexpected(fit.error());
  return *verb;
}

}  // namespace

bool is_full_id(std::string_view id) {
  return id.size() == full_id_length && is_hex(id);
}

bool is_image_id(std::string_view id) {
  return id.starts_with("sha256:") && is_full_id(id.substr(7));
}

Ruled<Verb> verb_of(const Request& request) {
  const std::vector<std::string> parts = split(request.path.substr(1), '/');
  if (request.method == Method::Delete) return unknown(request);
  if (request.method == Method::Head && request.path != "/_ping")
    return refuse(Rule::Verb, "HEAD is accepted for /_ping alone");
  const bool reads = request.method != Method::Post;
  if (parts.size() == 3 && parts[0] == "containers") {
    if (!fit_target(parts[1]))
      return refuse(Rule::Path, "container \"" + shown(parts[1]) + "\" is no name and no id");
    return reads ? reading_of_container(parts[1], parts[2], request)
                 : order_of_container(parts[1], parts[2], request);
  }
  if (parts.size() == 3 && parts[0] == "exec") {
    const Query query(request);
    if (!is_full_id(parts[1])) return refuse(Rule::ExecHandle, "an exec is named by its full id");
    if (!reads && parts[2] == "start") return exec_start_of(parts[1], query, request.body);
    if (reads && parts[2] == "json") {
      if (auto fit = query.only({}); !fit) return tl::unexpected(fit.error());
      return ExecInspectVerb{parts[1]};
    }
    return unknown(request);
  }
  if (reads && parts.size() == 3 && parts[0] == "images" && parts[2] == "json" && is_image_id(parts[1]))
    return ImageVerb{parts[1]};
  return reads ? plain_reading(request) : unknown(request);
}

const char* name_of(const Verb& verb) {
  return std::visit([](const auto& one) { return one.word; }, verb);
}

std::string subject_of(const Verb& verb) {
  return std::visit(
      [](const auto& one) -> std::string {
        if constexpr (requires { one.target; }) {
          return one.target;
        } else if constexpr (requires { one.exec_id; }) {
          return one.exec_id;
        } else if constexpr (requires { one.id; }) {
          return one.id;
        } else {
          return {};
        }
      },
      verb);
}

}  // namespace healer::guard
