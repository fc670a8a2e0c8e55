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

Reply with_message(int status, const std::string& message) {
  return {status, "application/json", json::serialize(json::object{{"message", message}}), {}};
}

Reply reply_of(const Refusal& refusal) {
  return with_message(status_of(refusal.rule),
                      fmt::format("healer-guard: {}: {}", to_string(refusal.rule), refusal.reason));
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

Ruled<Gate::Ordered> Gate::ordered(OrderKind kind, const std::string& target, const std::string& signal) {
  auto inspected = watched(target);
  if (!inspected) return tl::unexpected(inspected.error());
  if (auto fit = judge_remedy(kind, signal, inspected->facts, settings_); !fit)
    return tl::unexpected(fit.error());
  const auto number = order(kind, inspected->facts);
  if (!number) return tl::unexpected(number.error());
  return Ordered{*number, kind, std::move(*inspected)};
}

void Gate::answered(const Ordered& order, const std::string& outcome) {
  const WallTime now = wall_now();
  const std::lock_guard lock(mutex_);
  memory_.ledger.answered(order.number, now);
  // The order is done; a file that cannot be written refuses the next one.
  (void)memory_.journal.answered(order.number, now);
  (void)memory_.audit.write({"answer", to_string(order.kind), short_form(order.target.facts), outcome, ""},
                            now);
}

Ruled<Reply> Gate::simple_order(OrderKind kind, const std::string& target, std::optional<unsigned> seconds,
                                const std::string& signal) {
  const auto allowed = ordered(kind, target, signal);
  if (!allowed) return tl::unexpected(allowed.error());
  const Facts& facts = allowed->target.facts;
  EngineCall call{.method = "POST", .path = fmt::format("/containers/{}/{}", facts.id, to_string(kind))};
  if (seconds) call.path += fmt::format("?t={}", *seconds);
  if (!signal.empty()) call.path += "?signal=" + signal;
  call.deadline = (seconds ? Duration{*seconds * 1000LL} : default_stop) + order_margin;
  call.body_cap = 64 * 1024;
  const auto answer = engine_.call(call);
  answered(*allowed, answer ? fmt::format("{}", answer->status) : "no answer");
  if (!answer) return refuse(Rule::Engine, fmt::format("{}: {}", to_string(kind), answer.error().message));
  if (answer->status < 400) return Reply{answer->status, "application/json", {}, {}};
  return with_message(answer->status, allowed->target.hider->text(clip(answer->body, 2048)));
}

Ruled<Inspected> Gate::recreation_allowed(const RecreateVerb& verb) {
  auto inspected = watched(verb.id);
  if (!inspected) return inspected;
  const Facts& facts = inspected->facts;
  if (auto fit = judge_remedy(OrderKind::Recreate, {}, facts, settings_); !fit)
    return tl::unexpected(fit.error());
  if (auto fit = judge_hazards(facts, settings_); !fit) return tl::unexpected(fit.error());
  const std::lock_guard lock(mutex_);
  const Ledger& ledger = memory_.ledger;
  const bool parent =
      verb.network_parent.empty() || ledger.succeeds(verb.network_parent, facts.network_parent);
  if (breaks(Rule::NetworkParent, !parent))
    return refuse(Rule::NetworkParent, "the guard did not see container " +
                                           verb.network_parent.substr(0, 12) +
                                           " take the place of the recorded parent");
  const bool image =
      verb.image.empty() || verb.image == facts.image_id || ledger.was_healthy(facts.lineage, verb.image);
  if (breaks(Rule::Image, !image))
    return refuse(Rule::Image, fmt::format("the guard did not see {} healthy with image {}",
                                           clip(printable(facts.name), 80), verb.image.substr(0, 19)));
  return inspected;
}

Ruled<RecreationRecord> Gate::recreation_ordered(const RecreateVerb& verb, const Facts& facts) {
  const auto number = order(OrderKind::Recreate, facts);
  if (!number) return tl::unexpected(number.error());
  RecreationRecord record{*number, facts.id, facts.name, {}, {}, verb.image};
  record.aside_name =
      fmt::format("{}-{}", facts.name, verb.mark.empty() ? fmt::format("guard{}", *number) : verb.mark);
  record.new_name = record.aside_name + "-new";
  const std::lock_guard lock(mutex_);
  if (auto written = memory_.journal.recreation_begins(record); breaks(Rule::Journal, !written)) {
    memory_.ledger.answered(*number, wall_now());
    return refuse(Rule::Journal, "the recreation cannot be written down: " + written.error().message);
  }
  return record;
}

Ruled<Reply> Gate::recreate(const RecreateVerb& verb) {
  const auto inspected = recreation_allowed(verb);
  if (!inspected) return tl::unexpected(inspected.error());
  const auto record = recreation_ordered(verb, inspected->facts);
  if (!record) return tl::unexpected(record.error());
  Recreation recreation(engine_, *record, verb.seconds);
  const auto successor = recreation.run(inspected->text, verb.network_parent);
  const std::string message = successor ? "" : inspected->hider->text(successor.error().message);
  if (!recreation.ended()) {
    const std::lock_guard lock(mutex_);
    memory_.unfinished.push_back(*record);
    return with_message(504, message);
  }
  end_recreation(*record, successor, verb.image);
  if (!successor) return with_message(successor.error().code == ErrorCode::Conflict ? 409 : 500, message);
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

std::vector<RecreationRecord> Gate::take_unfinished() {
  const std::lock_guard lock(mutex_);
  return sees_events_ ? std::exchange(memory_.unfinished, {}) : std::vector<RecreationRecord>();
}

void Gate::resume_recreations() {
  for (const RecreationRecord& record : take_unfinished()) {
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

}  // namespace healer::guard
