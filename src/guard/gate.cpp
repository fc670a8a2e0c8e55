#include "guard/gate.hpp"

#include <utility>

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "guard/answers.hpp"
#include "guard/recreation.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

constexpr Duration order_margin{60'000};
constexpr Duration default_stop{300'000};

std::string short_form(const Facts& facts) {
  return facts.id.substr(0, 12) + " " + facts.name;
}

}  // namespace

Reply reply_of(const Refusal& refusal) {
  Reply reply;
  reply.status = status_of(refusal.rule);
  reply.body = json::serialize(json::object{
      {"message", fmt::format("healer-guard: {}: {}", to_string(refusal.rule), refusal.reason)}});
  return reply;
}

Gate::Gate(Settings settings, EngineClient& engine, Memory memory, std::string self)
    : settings_(std::move(settings)),
      engine_(engine),
      self_(std::move(self)),
      catalogue_(engine_, settings_),
      memory_(std::move(memory)) {}

Reply Gate::answer(const Verb& verb, const ReplyStream& stream) {
  auto reply = perform(verb, stream);
  if (reply) return std::move(*reply);
  return refused(name_of(verb), subject_of(verb), reply.error());
}

Reply Gate::refused(const std::string& verb, const std::string& subject, const Refusal& refusal) {
  // A container that is gone is daily work.
  if (refusal.rule != Rule::NotFound) {
    const std::lock_guard lock(mutex_);
    memory_.audit.refused(verb, subject, refusal, wall_now());
  }
  return reply_of(refusal);
}

Ruled<Reply> Gate::perform(const Verb& verb, const ReplyStream& stream) {
  return std::visit(
      Overloaded{
          [&](const PingVerb&) -> Ruled<Reply> {
            const auto answer = engine_.call({.path = "/_ping"});
            if (!answer || answer->status != 200)
              return refuse(Rule::Engine, "the engine does not answer a ping");
            return Reply{200, "text/plain", "OK", engine_.version()};
          },
          [&](const VersionVerb&) {
            return read("/version",
                        [](const json::value& v) { return json::value(shown_version(v.as_object())); });
          },
          [&](const InfoVerb&) {
            return read("/info", [](const json::value& v) { return json::value(shown_info(v.as_object())); });
          },
          [&](const NetworksVerb&) {
            return read("/networks",
                        [](const json::value& v) { return json::value(shown_networks(v.as_array())); });
          },
          [&](const MetricsVerb&) -> Ruled<Reply> { return metrics(); },
          [&](const EventsVerb& one) { return events(one, stream); },
          [&](const ListVerb&) { return list(); },
          [&](const ImageVerb& one) { return image(one); },
          [&](const InspectVerb& one) { return inspect(one); },
          [&](const LogsVerb& one) { return logs(one, stream.client); },
          [&](const TopVerb& one) -> Ruled<Reply> {
            const auto target = watched(one.target);
            if (!target) return tl::unexpected(target.error());
            return read("/containers/" + target->facts.id + "/top", [&](const json::value& v) {
              return json::value(shown_top(v.as_object(), *target->hider));
            });
          },
          [&](const StatsVerb& one) -> Ruled<Reply> {
            const auto target = watched(one.target);
            if (!target) return tl::unexpected(target.error());
            return read(fmt::format("/containers/{}/stats?stream=false{}", target->facts.id,
                                    one.one_shot ? "&one-shot=true" : ""),
                        [](const json::value& v) { return json::value(shown_stats(v.as_object())); });
          },
          [&](const StartVerb& one) { return simple_order(OrderKind::Start, one.target, {}, {}); },
          [&](const StopVerb& one) { return simple_order(OrderKind::Stop, one.target, one.seconds, {}); },
          [&](const RestartVerb& one) {
            return simple_order(OrderKind::Restart, one.target, one.seconds, {});
          },
          [&](const KillVerb& one) { return simple_order(OrderKind::Kill, one.target, {}, one.signal); },
          [&](const ExecCreateVerb& one) { return exec_create(one); },
          [&](const ExecStartVerb& one) { return exec_start(one, stream.client); },
          [&](const ExecInspectVerb& one) { return exec_inspect(one); },
          [&](const RecreateVerb& one) { return recreate(one); }},
      verb);
}

/// A container that healer sees whole.
Ruled<Inspected> Gate::watched(const std::string& target) {
  auto inspected = catalogue_.inspect(target);
  if (!inspected) return inspected;
  if (auto fit = judge_target(inspected->facts, settings_, self_); !fit) return tl::unexpected(fit.error());
  return inspected;
}

/// Decides by the ledger, and writes the order down. The lock is held over both.
Ruled<std::uint64_t> Gate::order(OrderKind kind, const Facts& facts) {
  if (breaks(Rule::Paused, facts.status == "paused"))
    return refuse(Rule::Paused, clip(printable(facts.name), 80) + " is paused in the engine");
  const WallTime now = wall_now();
  const Subject subject{facts.id, facts.name, facts.lineage};
  const std::lock_guard lock(mutex_);
  if (breaks(Rule::Engine, !sees_events_))
    return refuse(Rule::Engine,
                  "the guard does not see the engine's events now, so it does not know what operators stop");
  if (auto fit = memory_.ledger.judge(kind, subject, facts.running(), now); !fit)
    return tl::unexpected(fit.error());
  const Order order{memory_.ledger.next_number(), kind, subject, now};
  auto written = memory_.journal.ordered(order);
  if (written) written = memory_.audit.write({"order", to_string(kind), short_form(facts), "", ""}, now);
  if (breaks(Rule::Journal, !written))
    return refuse(Rule::Journal,
                  "the order cannot be written down, so it is not sent: " + written.error().message);
  memory_.ledger.ordered(order);
  return order.number;
}

Ruled<void> Gate::answered(std::uint64_t number, const std::string& outcome, const Facts& facts,
                           OrderKind kind) {
  const WallTime now = wall_now();
  const std::lock_guard lock(mutex_);
  memory_.ledger.answered(number, now);
  // The order is done; a file that cannot be written refuses the next one.
  (void)memory_.journal.answered(number, now);
  (void)memory_.audit.write({"answer", to_string(kind), short_form(facts), outcome, ""}, now);
  return {};
}

Ruled<Reply> Gate::simple_order(OrderKind kind, const std::string& target, std::optional<unsigned> seconds,
                                const std::string& signal) {
  const auto inspected = watched(target);
  if (!inspected) return tl::unexpected(inspected.error());
  const Facts& facts = inspected->facts;
  if (auto fit = judge_remedy(kind, signal, facts, settings_); !fit) return tl::unexpected(fit.error());
  const auto number = order(kind, facts);
  if (!number) return tl::unexpected(number.error());
  EngineCall call{.method = "POST", .path = fmt::format("/containers/{}/{}", facts.id, to_string(kind))};
  if (seconds) call.path += fmt::format("?t={}", *seconds);
  if (!signal.empty()) call.path += "?signal=" + signal;
  call.deadline = (seconds ? Duration{*seconds * 1000LL} : default_stop) + order_margin;
  call.body_cap = 64 * 1024;
  const auto answer = engine_.call(call);
  (void)answered(*number, answer ? fmt::format("{}", answer->status) : "no answer", facts, kind);
  if (!answer) return refuse(Rule::Engine, fmt::format("{}: {}", to_string(kind), answer.error().message));
  Reply reply;
  reply.status = answer->status;
  if (answer->status >= 400)
    reply.body = json::serialize(json::object{{"message", inspected->hider->text(clip(answer->body, 2048))}});
  return reply;
}

Ruled<Reply> Gate::recreate(const RecreateVerb& verb) {
  const auto inspected = watched(verb.id);
  if (!inspected) return tl::unexpected(inspected.error());
  const Facts& facts = inspected->facts;
  if (auto fit = judge_remedy(OrderKind::Recreate, {}, facts, settings_); !fit)
    return tl::unexpected(fit.error());
  if (auto fit = judge_hazards(facts, settings_); !fit) return tl::unexpected(fit.error());
  if (!verb.network_parent.empty()) {
    const std::lock_guard lock(mutex_);
    if (breaks(Rule::NetworkParent, !memory_.ledger.succeeds(verb.network_parent, facts.network_parent)))
      return refuse(Rule::NetworkParent, "the guard did not see container " +
                                             verb.network_parent.substr(0, 12) +
                                             " take the place of the recorded parent");
  }
  const auto number = order(OrderKind::Recreate, facts);
  if (!number) return tl::unexpected(number.error());
  RecreationRecord record{*number, facts.id, facts.name, {}, {}};
  record.aside_name =
      fmt::format("{}-{}", facts.name, verb.mark.empty() ? fmt::format("guard{}", *number) : verb.mark);
  record.new_name = record.aside_name + "-new";
  {
    const std::lock_guard lock(mutex_);
    if (auto written = memory_.journal.recreation_begins(record); breaks(Rule::Journal, !written)) {
      memory_.ledger.answered(*number, wall_now());
      return refuse(Rule::Journal, "the recreation cannot be written down: " + written.error().message);
    }
  }
  Recreation recreation(engine_, record, verb.seconds);
  const auto successor = recreation.run(inspected->text, verb.network_parent);
  if (!recreation.ended()) {
    const std::lock_guard lock(mutex_);
    memory_.unfinished.push_back(record);
    return Reply{
        504,
        "application/json",
        json::serialize(json::object{{"message", inspected->hider->text(successor.error().message)}}),
        {}};
  }
  end_recreation(record, successor, "");
  if (!successor) {
    Reply reply;
    reply.status = successor.error().code == ErrorCode::Conflict ? 409 : 500;
    reply.body =
        json::serialize(json::object{{"message", inspected->hider->text(successor.error().message)}});
    return reply;
  }
  return Reply{201,
               "application/json",
               json::serialize(json::object{{"Id", *successor}, {"Warnings", json::array()}}),
               {}};
}

void Gate::end_recreation(const RecreationRecord& record, const Result<std::string>& successor,
                          const std::string& detail) {
  const WallTime now = wall_now();
  const std::lock_guard lock(mutex_);
  if (successor) memory_.ledger.replaced(record.id, *successor);
  memory_.ledger.answered(record.number, now);
  // What is done is done; a file that cannot be written refuses the next order.
  (void)memory_.journal.recreation_ended(record.number, successor.value_or(""));
  (void)memory_.journal.answered(record.number, now);
  (void)memory_.audit.write({"answer", "recreate", record.id.substr(0, 12) + " " + record.name,
                             successor ? successor->substr(0, 12) : successor.error().message, detail},
                            now);
}

void Gate::resume_recreations() {
  std::vector<RecreationRecord> unfinished;
  {
    const std::lock_guard lock(mutex_);
    if (!sees_events_) return;
    unfinished.swap(memory_.unfinished);
  }
  for (const RecreationRecord& record : unfinished) {
    Recreation recreation(engine_, record, {});
    const auto successor = recreation.resume();
    if (recreation.ended()) {
      end_recreation(record, successor, "finished after it was cut");
      continue;
    }
    const std::lock_guard lock(mutex_);
    memory_.unfinished.push_back(record);
  }
}

std::string Gate::operator_order(const std::string& line) {
  const auto space = line.find(' ');
  const std::string what = line.substr(0, space);
  const std::string name(space == std::string::npos ? std::string_view()
                                                    : trim(std::string_view(line).substr(space)));
  const WallTime now = wall_now();
  const std::lock_guard lock(mutex_);
  Ledger& ledger = memory_.ledger;
  if (what == "status")
    return fmt::format("watched {}\ndown by orders {}\norders in 30m {}\npaused {}\naudit head {}\n",
                       ledger.watched(), ledger.down(), ledger.recent(now).size(),
                       fmt::join(ledger.paused(), " "), memory_.audit.head());
  const bool known = what == "pause" || what == "resume" || what == "reset" || what == "release";
  if (!known || name.empty())
    return "refused: pause NAME, resume NAME, reset NAME, release NAME and status are accepted; NAME may be "
           "*\n";
  auto written = memory_.audit.write({"operator", what, name, "", ""}, now);
  if (written) written = memory_.journal.operator_ordered(what, name);
  if (!written) return "refused: " + written.error().message + "\n";
  if (what == "pause") ledger.pause(name);
  if (what == "resume") ledger.resume(name);
  if (what == "reset") ledger.reset(name);
  if (what == "release") ledger.released(name);
  return "done\n";
}

void Gate::connected(const std::vector<SeenContainer>& all) {
  const std::lock_guard lock(mutex_);
  memory_.ledger.listed(all, wall_now());
  sees_events_ = true;
}

void Gate::lost_connection() {
  const std::lock_guard lock(mutex_);
  sees_events_ = false;
}

SeenContainer Gate::seen(const json::object& entry) {
  SeenContainer container;
  container.id = text_at(entry, "Id");
  const auto profile = catalogue_.profile(container.id);
  for (const std::string& name : texts_at(entry, "Names"))
    if (name.starts_with('/') && name.find('/', 1) == std::string::npos) container.name = name.substr(1);
  container.lineage = profile->lineage.empty() ? container.name : profile->lineage;
  const std::string state = text_at(entry, "State");
  container.running = state == "running" || state == "restarting" || state == "paused";
  container.watched = profile->view == View::Whole;
  return container;
}

void Gate::engine_event(const json::object& event) {
  if (text_at(event, "Type") != "container") return;
  const json::object& actor = object_at(event, "Actor");
  const std::string id = text_at(actor, "ID");
  const std::string action = text_at(event, "Action");
  const json::value* nanoseconds = event.if_contains("timeNano");
  const WallTime at{nanoseconds && nanoseconds->is_int64() ? nanoseconds->get_int64() / 1'000'000
                                                           : wall_now().unix_ms};
  SeenContainer container;
  if (action == "create") {
    const auto profile = catalogue_.profile(id);
    const std::string name = text_at(object_at(actor, "Attributes"), "name");
    container = {id, name, profile->lineage.empty() ? name : profile->lineage, false,
                 profile->view == View::Whole};
  }
  const std::lock_guard lock(mutex_);
  Ledger& ledger = memory_.ledger;
  if (action == "create") ledger.created(container);
  if (action == "start") ledger.started(id, at);
  if (action == "kill") ledger.killed(id, at);
  if (action == "die") ledger.ended(id, at);
  if (action == "stop") ledger.stopped(id, at);
  if (action == "destroy") ledger.removed(id);
  if (action == "rename") {
    const std::string name = text_at(object_at(actor, "Attributes"), "name");
    ledger.renamed(id, name);
  }
}

std::string Gate::minute() {
  const std::lock_guard lock(mutex_);
  memory_.audit.write_counts(wall_now());
  return memory_.audit.head();
}

Reply Gate::metrics() {
  const std::lock_guard lock(mutex_);
  return {200,
          "text/plain; version=0.0.4",
          fmt::format("# HELP healer_guard_refusals_total Requests that the guard refused.\n"
                      "# TYPE healer_guard_refusals_total counter\nhealer_guard_refusals_total {}\n"
                      "# HELP healer_guard_audit_lines Lines of the audit file.\n"
                      "# TYPE healer_guard_audit_lines gauge\nhealer_guard_audit_lines{{head=\"{}\"}} {}\n"
                      "# HELP healer_guard_down Workloads that are down by orders.\n"
                      "# TYPE healer_guard_down gauge\nhealer_guard_down {}\n",
                      memory_.audit.refusals(), memory_.audit.head(), memory_.audit.lines(),
                      memory_.ledger.down()),
          {}};
}

}  // namespace healer::guard
