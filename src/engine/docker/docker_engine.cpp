#include "engine/docker/docker_engine.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "engine/docker/json_container.hpp"
#include "engine/docker/json_engine.hpp"
#include "engine/docker/json_event.hpp"
#include "engine/docker/json_splitter.hpp"
#include "net/loop.hpp"

namespace healer::docker {
namespace {

using net::HttpAnswer;
using net::HttpCall;
using net::HttpClient;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t order_answer_cap = 64 * 1024;

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-._~").find(c) != std::string::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// Ids and names, of both engines: nothing that could change the meaning of a path.
bool fit_for_path(std::string_view id) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.' || c == '-'; };
  return !id.empty() && id.size() <= 256 && id != "." && id != ".." &&
         std::all_of(id.begin(), id.end(), fits);
}

Error unfit(const std::string& verb, std::string_view id) {
  return {ErrorCode::InvalidInput,
          fmt::format("{} \"{}\": no container id or name", verb, clip(printable(id), 60))};
}

Error named(const std::string& call, Error error) {
  error.message = call + ": " + error.message;
  return error;
}

/// What an answer of no use means. `call` says what was asked: "inspect 0123".
Error status_error(const std::string& call, const HttpAnswer& answer) {
  const std::string message = error_message(answer.body);
  const auto say = [&](ErrorCode code, std::string_view hint = "") {
    return Error{code, fmt::format("{}: the engine answered {}{}{}{}", call, answer.status,
                                   message.empty() ? "" : ": ", message, hint)};
  };
  switch (answer.status) {
    case 400:
      if (message.find("client version") != std::string::npos)
        return say(ErrorCode::Protocol,
                   " (the API version is negotiated at each connect; is DOCKER_API_VERSION set?)");
      return say(ErrorCode::Protocol);
    case 401:
    case 403:
    case 405:
      return say(ErrorCode::Refused, " (a socket proxy or an authorization plugin forbids it)");
    case 404:
      // A path the engine does not know is no missing container.
      return say(message.find("page not found") == std::string::npos ? ErrorCode::NotFound
                                                                     : ErrorCode::Protocol);
    case 409:
      return say(ErrorCode::Conflict);
    default:
      return say(answer.status >= 500 ? ErrorCode::PeerFailure : ErrorCode::Protocol);
  }
}

/// A call that got no answer; only a socket's permissions make the client say Refused over unix.
Error transport_error(const std::string& call, Error error, const net::HttpEndpoint& endpoint) {
  if (error.code == ErrorCode::Refused && std::holds_alternative<net::UnixEndpoint>(endpoint))
    error.message += " (is this user in the docker group, or the socket's group added to the container?)";
  return named(call, std::move(error));
}

std::string seconds_text(Duration duration) {
  // The API takes whole seconds; less than asked would cut a stop short.
  return std::to_string((duration.count() + 999) / 1000);
}

std::string short_id(const std::string& id) {
  return clip(id, id.size() == 64 ? 15 : 60);
}

}  // namespace

struct DockerEngine::Inner {
  Inner(net::Loop& on, DockerEngineSettings given) : loop(on), settings(std::move(given)), client(on) {}

  using Done = std::function<void(Result<void>)>;

  struct Waiting {
    std::string id;
    std::function<void(Result<Container>)> done;
    SteadyTime since;
  };

  net::Loop& loop;
  DockerEngineSettings settings;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  std::optional<ApiVersion> version;
  std::deque<Waiting> waiting;
  std::size_t inspecting = 0;
  HttpClient::CallId subscription = 0;
  HttpClient client;  // last: it goes first, and with it every callback

  /// Completes a call that is not even sent: on the loop, and not when the engine is gone by then.
  void later(std::function<void()> work) {
    loop.post([life = std::weak_ptr<bool>(alive), work = std::move(work)] {
      if (!life.expired()) work();
    });
  }

  HttpCall question(std::string path) const;
  std::string versioned(const std::string& path) const;
  Error transport(const std::string& call, Error error) const {
    return transport_error(call, std::move(error), settings.endpoint);
  }

  void greet(std::function<void(Result<EngineInfo>)> done);
  void introduce(ApiVersion negotiated, std::function<void(Result<EngineInfo>)> done);
  Result<EngineInfo> introduced(ApiVersion negotiated, const Result<HttpAnswer>& answer);
  void inspect_next();
  void inspect_now(Waiting next);
  void order(const std::string& verb, const std::string& id, std::optional<Duration> stop_timeout,
             Duration deadline, Done done);
};

HttpCall DockerEngine::Inner::question(std::string path) const {
  HttpCall call;
  call.endpoint = settings.endpoint;
  call.target = std::move(path);
  call.deadline = settings.call_deadline;
  call.body_cap = settings.answer_cap;
  call.keep_alive = true;
  return call;
}

std::string DockerEngine::Inner::versioned(const std::string& path) const {
  return version ? fmt::format("/v{}{}", to_string(*version), path) : path;
}

// connect: /_ping, then /version in the version agreed on, which proves that the engine accepts it.

void DockerEngine::Inner::greet(std::function<void(Result<EngineInfo>)> done) {
  client.call(question("/_ping"), [this, done = std::move(done)](Result<HttpAnswer> answer) {
    if (!answer) return done(tl::unexpected(transport("connect", answer.error())));
    if (answer->status != 200) return done(tl::unexpected(status_error("connect: GET /_ping", *answer)));
    const std::string said(net::find_header(answer->headers, "Api-Version"));
    // Engines older than the header speak 1.24, says the docker client.
    const auto newest_of_theirs = said.empty() ? oldest_api : parse_api_version(said);
    if (!newest_of_theirs)
      return done(failure(
          ErrorCode::Protocol,
          fmt::format("connect: GET /_ping: Api-Version \"{}\" is no version", clip(printable(said), 40))));
    const ApiVersion negotiated =
        settings.pinned_version ? *settings.pinned_version : std::min(newest_api, *newest_of_theirs);
    if (negotiated < oldest_api)
      return done(
          failure(ErrorCode::Protocol,
                  fmt::format("connect: the engine speaks API {} at most, {} is the least that is needed",
                              to_string(negotiated), to_string(oldest_api))));
    introduce(negotiated, done);
  });
}

void DockerEngine::Inner::introduce(ApiVersion negotiated, std::function<void(Result<EngineInfo>)> done) {
  auto call = question(fmt::format("/v{}/version", to_string(negotiated)));
  client.call(std::move(call), [this, negotiated, done = std::move(done)](const Result<HttpAnswer>& answer) {
    done(introduced(negotiated, answer));
  });
}

Result<EngineInfo> DockerEngine::Inner::introduced(ApiVersion negotiated, const Result<HttpAnswer>& answer) {
  if (!answer) return tl::unexpected(transport("connect", answer.error()));
  if (answer->status == 400) {
    const std::string message = error_message(answer->body);
    if (settings.pinned_version)
      return failure(ErrorCode::InvalidInput,
                     fmt::format("connect: the engine refuses DOCKER_API_VERSION={}: {} (unset it, and the "
                                 "version is negotiated)",
                                 to_string(negotiated), message));
    return failure(ErrorCode::Protocol,
                   fmt::format("connect: the engine refuses API {}, healer speaks {} to {}: {}",
                               to_string(negotiated), to_string(oldest_api), to_string(newest_api), message));
  }
  if (answer->status != 200) return tl::unexpected(status_error("connect: GET /version", *answer));
  const auto engine = parse_engine_version(answer->body);
  if (!engine) return tl::unexpected(named("connect: GET /version", engine.error()));
  version = negotiated;
  return EngineInfo{fmt::format("{} {} (API {})", engine->product, engine->version, to_string(negotiated)),
                    to_string(negotiated)};
}

void DockerEngine::Inner::inspect_next() {
  while (inspecting < settings.inspects_at_once && !waiting.empty()) {
    Waiting next = std::move(waiting.front());
    waiting.pop_front();
    ++inspecting;
    inspect_now(std::move(next));
  }
}

void DockerEngine::Inner::inspect_now(Waiting next) {
  auto answered = [this, what = "inspect " + short_id(next.id),
                   done = std::move(next.done)](const Result<HttpAnswer>& answer) {
    --inspecting;
    inspect_next();
    if (!answer) return done(tl::unexpected(transport(what, answer.error())));
    if (answer->status != 200) return done(tl::unexpected(status_error(what, *answer)));
    auto container = parse_container(answer->body);
    if (!container) return done(tl::unexpected(named(what, container.error())));
    done(std::move(container));
  };
  // When the engine has stopped answering, those in line fail at once instead of one deadline after another.
  if (std::chrono::steady_clock::now() - next.since > settings.longest_queueing)
    return later([answered = std::move(answered), limit = settings.longest_queueing] {
      answered(failure(ErrorCode::Timeout,
                       fmt::format("waited {} ms in line behind other inspects", limit.count())));
    });
  client.call(question(versioned("/containers/" + next.id + "/json")), std::move(answered));
}

void DockerEngine::Inner::order(const std::string& verb, const std::string& id,
                                std::optional<Duration> stop_timeout, Duration deadline, Done done) {
  if (!fit_for_path(id))
    return later([done = std::move(done), error = unfit(verb, id)] { done(tl::unexpected(error)); });
  HttpCall call;
  call.endpoint = settings.endpoint;
  call.method = "POST";
  call.target = versioned(fmt::format("/containers/{}/{}", id, verb));
  if (stop_timeout) call.target += "?t=" + seconds_text(*stop_timeout);
  call.deadline = deadline;
  call.body_cap = order_answer_cap;
  client.call(std::move(call), [this, what = verb + " " + short_id(id), may_be_so = verb != "restart",
                                done = std::move(done)](const Result<HttpAnswer>& answer) {
    if (!answer) return done(tl::unexpected(transport(what, answer.error())));
    const bool already_so = answer->status == 304 && may_be_so;
    if ((answer->status >= 200 && answer->status <= 299) || already_so) return done({});
    done(tl::unexpected(status_error(what, *answer)));
  });
}

DockerEngine::DockerEngine(net::Loop& loop, DockerEngineSettings settings)
    : inner_(std::make_unique<Inner>(loop, std::move(settings))) {}

DockerEngine::~DockerEngine() = default;

void DockerEngine::connect(std::function<void(Result<EngineInfo>)> done) {
  inner_->greet(std::move(done));
}

void DockerEngine::list(std::function<void(ContainerSummary)> each, std::function<void(Result<void>)> done) {
  auto call = inner_->question(inner_->versioned("/containers/json?all=1"));
  call.deadline = inner_->settings.list_deadline;
  call.body_cap = inner_->settings.list_cap;
  const auto splitter =
      std::make_shared<JsonSplitter>(JsonSplitter::Shape::Array, inner_->settings.answer_cap,
                                     [each = std::move(each)](std::string_view object) -> Result<void> {
                                       auto summary = parse_summary(object);
                                       if (!summary) return tl::unexpected(summary.error());
                                       each(std::move(*summary));
                                       return {};
                                     });
  net::HttpStreamHandlers handlers;
  handlers.chunk = [splitter](std::string_view bytes) { return splitter->feed(bytes); };
  handlers.done = [inner = inner_.get(), splitter, done = std::move(done)](const Result<HttpAnswer>& answer) {
    if (!answer) return done(tl::unexpected(inner->transport("list", answer.error())));
    if (answer->status != 200) return done(tl::unexpected(status_error("list", *answer)));
    const auto whole = splitter->finish();
    if (!whole) return done(tl::unexpected(named("list", whole.error())));
    done({});
  };
  inner_->client.stream(std::move(call), std::move(handlers));
}

void DockerEngine::inspect(std::string id, std::function<void(Result<Container>)> done) {
  if (!fit_for_path(id))
    return inner_->later(
        [done = std::move(done), error = unfit("inspect", id)] { done(tl::unexpected(error)); });
  inner_->waiting.push_back({std::move(id), std::move(done), std::chrono::steady_clock::now()});
  inner_->inspect_next();
}

void DockerEngine::restart(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                           std::function<void(Result<void>)> done) {
  inner_->order("restart", id, stop_timeout, deadline, std::move(done));
}

void DockerEngine::start(std::string id, Duration deadline, std::function<void(Result<void>)> done) {
  inner_->order("start", id, std::nullopt, deadline, std::move(done));
}

void DockerEngine::stop(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                        std::function<void(Result<void>)> done) {
  inner_->order("stop", id, stop_timeout, deadline, std::move(done));
}

void DockerEngine::kill(std::string, int, Duration, std::function<void(Result<void>)> done) {
  inner_->later([done = std::move(done)] { done(failure(ErrorCode::Refused, "")); });
}

void DockerEngine::exec(ExecOrder, std::function<void(Result<ExecResult>)> done, std::function<void()>) {
  inner_->later([done = std::move(done)] { done(failure(ErrorCode::Refused, "")); });
}

void DockerEngine::collect_evidence(EvidenceOrder, std::function<void(EngineEvidence)> done) {
  inner_->later([done = std::move(done)] { done({}); });
}

void DockerEngine::recreate(RecreateOrder, std::function<void(Result<std::string>)> done) {
  inner_->later([done = std::move(done)] { done(failure(ErrorCode::Refused, "")); });
}

void DockerEngine::resume_recreate(RecreateOrder, std::function<void(Result<std::string>)> done) {
  inner_->later([done = std::move(done)] { done(failure(ErrorCode::Refused, "")); });
}

void DockerEngine::subscribe(std::int64_t since, std::function<void()> ready,
                             std::function<void(EngineEvent)> each, std::function<void(Error)> ended) {
  Inner& inner = *inner_;
  inner.client.cancel(inner.subscription);
  auto call = inner.question(inner.versioned("/events?filters=" + percent_encoded(event_filter())));
  call.keep_alive = false;
  constexpr std::int64_t second = 1'000'000'000;
  if (since > 0) call.target += fmt::format("&since={}.{:09}", since / second, since % second);
  const auto splitter =
      std::make_shared<JsonSplitter>(JsonSplitter::Shape::Sequence, inner.settings.event_cap,
                                     [each = std::move(each)](std::string_view object) -> Result<void> {
                                       auto event = parse_event(object);
                                       if (!event) return tl::unexpected(event.error());
                                       if (*event) each(std::move(**event));
                                       return {};
                                     });
  net::HttpStreamHandlers handlers;
  handlers.endless = true;
  handlers.head = [ready = std::move(ready)](const HttpAnswer&) { ready(); };
  handlers.chunk = [splitter](std::string_view bytes) { return splitter->feed(bytes); };
  handlers.done = [&inner, ended = std::move(ended)](const Result<HttpAnswer>& answer) {
    inner.subscription = 0;
    if (!answer) return ended(inner.transport("events", answer.error()));
    if (answer->status < 200 || answer->status > 299) return ended(status_error("events", *answer));
    ended(Error{ErrorCode::ConnectionLost, "events: the engine ended the stream"});
  };
  inner.subscription = inner.client.stream(std::move(call), std::move(handlers));
}

Result<std::unique_ptr<Engine>> make_docker_engine(net::Loop& loop, const Environment& environment) {
  auto settings = settings_from(environment);
  if (!settings) return tl::unexpected(settings.error());
  return std::make_unique<DockerEngine>(loop, std::move(*settings));
}

}  // namespace healer::docker
