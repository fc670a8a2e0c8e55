#include "engine/docker/docker_engine.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "engine/docker/caller.hpp"
#include "engine/docker/event_stream.hpp"
#include "engine/docker/evidence.hpp"
#include "engine/docker/exec.hpp"
#include "engine/docker/guarded_recreate.hpp"
#include "engine/docker/inspects.hpp"
#include "engine/docker/json_container.hpp"
#include "engine/docker/json_engine.hpp"
#include "engine/docker/json_splitter.hpp"
#include "engine/docker/recreate.hpp"
#include "model/policy.hpp"

namespace healer::docker {
namespace {

using net::HttpAnswer;

/// All but Replace: a plain engine has no orchestrator that would replace an ended container.
Capabilities capabilities() {
  Capabilities all;
  std::erase(all.can, Capability::Replace);
  return all;
}

}  // namespace

struct DockerEngine::Inner {
  Inner(net::Loop& loop, DockerEngineSettings given)
      : caller(loop, std::move(given)), settings(caller.settings()) {}

  using Done = std::function<void(Result<void>)>;

  Product product = Product::Docker;  ///< found by the newest connect()
  bool guarded = false;               ///< healer-guard answered the newest connect()
  std::optional<bool> rootless;       ///< empty: /info was not answered yet
  Caller caller;                      // used by the members below; its destruction drops their callbacks
  const DockerEngineSettings& settings;
  Execs execs{caller};
  ContainerSecrets secrets;
  Inspects inspects{caller, execs, secrets};
  EventStream events{caller, [this](const std::string& id) { execs.container_died(id); }};
  Captures captures{caller};
  Recreator recreator{caller};
  GuardedRecreator guarded_recreator{caller};

  void greet(std::function<void(Result<EngineInfo>)> done);
  void introduce(ApiVersion negotiated, std::function<void(Result<EngineInfo>)> done);
  Result<EngineInfo> introduced(ApiVersion negotiated, const Result<HttpAnswer>& answer);
  void look_around(Result<EngineInfo> info, std::function<void(Result<EngineInfo>)> done);
  void read_info(EngineInfo& info, const Result<HttpAnswer>& answer);
  void order(const std::string& verb, const std::string& id, const std::string& query, Duration deadline,
             Done done);
  void order(const std::string& verb, const std::string& id, std::optional<Duration> stop_timeout,
             Duration deadline, Done done) {
    order(verb, id, stop_timeout ? "?t=" + seconds_text(*stop_timeout) : "", deadline, std::move(done));
  }
};

// connect: /_ping, then /version in the negotiated version, which proves that the engine accepts that
// version.

void DockerEngine::Inner::greet(std::function<void(Result<EngineInfo>)> done) {
  caller.call(
      caller.unversioned_question("/_ping"), [this, done = std::move(done)](Result<HttpAnswer> answer) {
        if (!answer) return done(tl::unexpected(caller.no_answer("connect", answer.error())));
        if (answer->status != 200) return done(tl::unexpected(status_error("connect: GET /_ping", *answer)));
        guarded = !net::find_header(answer->headers, guard_header).empty();
        const std::string said(net::find_header(answer->headers, "Api-Version"));
        // Engines without the header speak 1.24: so the docker client assumes.
        const auto newest_of_theirs = said.empty() ? oldest_api : parse_api_version(said);
        if (!newest_of_theirs)
          return done(failure(ErrorCode::Protocol,
                              fmt::format("connect: GET /_ping: Api-Version \"{}\" is no version",
                                          clip(printable(said), 40))));
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
  auto call = caller.unversioned_question(fmt::format("/v{}/version", to_string(negotiated)));
  caller.call(std::move(call), [this, negotiated, done = std::move(done)](const Result<HttpAnswer>& answer) {
    auto info = introduced(negotiated, answer);
    if (!info) return done(std::move(info));
    events.connected(product,
                     [this, info = std::move(info), done]() mutable { look_around(std::move(info), done); });
  });
}

Result<EngineInfo> DockerEngine::Inner::introduced(ApiVersion negotiated, const Result<HttpAnswer>& answer) {
  if (!answer) return tl::unexpected(caller.no_answer("connect", answer.error()));
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
  caller.speak(negotiated);
  product = engine->product;
  const bool podman = product == Product::Podman;
  inspects.connected(product);
  EngineInfo info{fmt::format("{} {} (API {})", podman ? "Podman" : "Docker Engine", engine->version,
                              to_string(negotiated)),
                  to_string(negotiated), podman ? StopReports::Unreliable : StopReports::Reliable,
                  podman ? EngineProcess::LeavesContainers : EngineProcess::HoldsContainers, capabilities()};
  info.guarded = guarded;
  return info;
}

/// After the engine is known: what of its facts a socket proxy may forbid.
void DockerEngine::Inner::look_around(Result<EngineInfo> info, std::function<void(Result<EngineInfo>)> done) {
  if (!info || rootless) {
    if (info) info->rootless = *rootless;
    return done(std::move(info));
  }
  caller.call(caller.question("/info"), [this, info = std::move(*info),
                                         done = std::move(done)](const Result<HttpAnswer>& answer) mutable {
    read_info(info, answer);
    done(std::move(info));
  });
}

void DockerEngine::Inner::read_info(EngineInfo& info, const Result<HttpAnswer>& answer) {
  Error error;
  if (!answer) {
    error = caller.no_answer("info", answer.error());
  } else if (answer->status != 200) {
    error = status_error("info", *answer);
  } else if (const auto parsed = parse_rootless(answer->body)) {
    rootless = info.rootless = *parsed;
    recreator.name_networks_by(has_guard_plugin(answer->body) ? NetworkNaming::Ids : NetworkNaming::Names);
    return;
  } else {
    error = named("info", parsed.error());
  }
  info.warnings.push_back(fmt::format(
      "it is not known whether the engine is rootless, so healer takes it for one that is not: {}; allow GET "
      "/info (INFO=1 in docker-socket-proxy)",
      error.message));
}

void DockerEngine::Inner::order(const std::string& verb, const std::string& id, const std::string& query,
                                Duration deadline, Done done) {
  if (!fit_for_path(id))
    return caller.later([done = std::move(done), error = unfit(verb, id)] { done(tl::unexpected(error)); });
  caller.call(caller.order(fmt::format("/containers/{}/{}{}", id, verb, query), deadline),
              [this, what = verb + " " + short_id(id), may_be_so = verb == "start" || verb == "stop",
               done = std::move(done)](const Result<HttpAnswer>& answer) {
                if (!answer) return done(tl::unexpected(caller.no_answer(what, answer.error())));
                const bool already_so = answer->status == 304 && may_be_so;
                if (succeeded(*answer) || already_so) return done({});
                done(tl::unexpected(status_error(what, *answer)));
              });
}

DockerEngine::DockerEngine(net::Loop& loop, DockerEngineSettings settings)
    : inner_(std::make_unique<Inner>(loop, std::move(settings))) {}

DockerEngine::~DockerEngine() = default;

void DockerEngine::on_skipped(std::function<void(const SkippedObject&)> skipped) {
  inner_->caller.on_skipped(std::move(skipped));
}

void DockerEngine::connect(std::function<void(Result<EngineInfo>)> done) {
  inner_->greet(std::move(done));
}

void DockerEngine::list(std::function<void(const ContainerSummary&)> each,
                        std::function<void(Result<void>)> done) {
  auto call = inner_->caller.question("/containers/json?all=1");
  call.deadline = inner_->settings.list_deadline;
  call.body_cap = inner_->settings.list_cap;
  const auto take = [each = std::move(each)](std::string_view object) -> Result<void> {
    auto summary = parse_summary(object);
    if (!summary) return tl::unexpected(summary.error());
    each(*summary);
    return {};
  };
  // An entry with megabytes of labels: its id, name and state are kept. Without labels nobody opted in.
  const auto take_slim = [inner = inner_.get(), take](std::string_view object) -> Result<void> {
    const auto summary = parse_summary(object);
    inner->caller.skipped(
        {SkippedObject::Kind::ListEntry, summary ? summary->id : "", summary ? summary->name : ""});
    return summary ? take(object) : Result<void>{};
  };
  const auto splitter = std::make_shared<JsonSplitter>(JsonSplitter::Shape::Array,
                                                       inner_->settings.answer_cap, take, take_slim);
  net::HttpStreamHandlers handlers;
  handlers.chunk = [splitter](std::string_view bytes) { return splitter->feed(bytes); };
  handlers.done = [inner = inner_.get(), splitter, done = std::move(done)](const Result<HttpAnswer>& answer) {
    if (!answer) return done(tl::unexpected(inner->caller.no_answer("list", answer.error())));
    if (answer->status != 200) return done(tl::unexpected(status_error("list", *answer)));
    const auto whole = splitter->finish();
    if (!whole) return done(tl::unexpected(named("list", whole.error())));
    done({});
  };
  inner_->caller.stream(std::move(call), std::move(handlers));
}

void DockerEngine::inspect(std::string id, std::function<void(Result<Container>)> done) {
  inner_->inspects.inspect(std::move(id), std::move(done));
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

void DockerEngine::kill(std::string id, int signal, Duration deadline,
                        std::function<void(Result<void>)> done) {
  inner_->order("kill", id, "?signal=" + signal_name(signal), deadline, std::move(done));
}

void DockerEngine::exec(ExecOrder order, std::function<void(Result<ExecResult>)> done,
                        std::function<void()> ended) {
  auto hidden = [inner = inner_.get(), id = order.container_id,
                 done = std::move(done)](Result<ExecResult> result) {
    std::string& text = result ? result->output : result.error().message;
    text = inner->secrets.hidden(id, text);
    done(std::move(result));
  };
  inner_->execs.run(std::move(order), std::move(hidden), std::move(ended));
}

void DockerEngine::collect_evidence(EvidenceOrder order, std::function<void(EngineEvidence)> done) {
  inner_->captures.collect(std::move(order), std::move(done));
}

void DockerEngine::recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) {
  if (inner_->guarded) return inner_->guarded_recreator.recreate(order, std::move(done));
  inner_->recreator.recreate(std::move(order), std::move(done));
}

void DockerEngine::resume_recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) {
  if (inner_->guarded) return inner_->guarded_recreator.resume(order, std::move(done));
  inner_->recreator.resume(std::move(order), std::move(done));
}

void DockerEngine::replace(std::string, std::optional<Duration>, Duration,
                           std::function<void(Result<void>)> done) {
  inner_->caller.later([done = std::move(done)] {
    done(failure(ErrorCode::Refused, "replace: no orchestrator makes another container here"));
  });
}

void DockerEngine::has_events_since(std::int64_t since, std::function<void(bool)> done) {
  inner_->events.has_events_since(since, std::move(done));
}

void DockerEngine::subscribe(std::int64_t since, std::function<void()> ready,
                             std::function<void(EngineEvent)> each, std::function<void(Error)> ended) {
  inner_->events.subscribe(since, std::move(ready), std::move(each), std::move(ended));
}

Result<std::unique_ptr<Engine>> make_docker_engine(net::Loop& loop, const Environment& environment) {
  auto settings = settings_from(environment);
  if (!settings) return tl::unexpected(settings.error());
  return std::make_unique<DockerEngine>(loop, std::move(*settings));
}

}  // namespace healer::docker
