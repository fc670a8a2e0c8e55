#include "alert/prometheus_rules.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "alert/prometheus_answer.hpp"
#include "base/encode.hpp"
#include "base/text.hpp"

namespace healer {
namespace {

constexpr const char* source = "prometheus";
constexpr std::size_t answer_limit = 4 * 1024 * 1024;
/// Delay of the first evaluation, and of its next try while the workloads are not known.
constexpr Duration soon = 1s;
constexpr Duration confirm_within = 5s;

net::CurlRequest request_for(const PrometheusSettings& settings, const PrometheusRule& rule) {
  net::CurlRequest request;
  request.method = "POST";
  request.url = Secret(settings.url + "/api/v1/query");
  request.url_is_public = true;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  if (!settings.bearer_token.empty())
    request.headers.emplace_back("Authorization", "Bearer " + settings.bearer_token.reveal());
  else if (!settings.username.empty())
    request.headers.emplace_back("Authorization",
                                 "Basic " + base64(settings.username + ":" + settings.password.reveal()));
  request.body =
      fmt::format("query={}&timeout={}ms", percent_encoded(rule.expression), settings.timeout.count());
  request.timeout = settings.timeout;
  request.answer_limit = answer_limit;
  return request;
}

/// The answer's samples, or why there are none.
Result<Samples> samples_of(Result<net::CurlAnswer> answer) {
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (answer->body.size() >= answer_limit)
    return failure(ErrorCode::TooLarge, fmt::format("the answer is larger than {} MiB", answer_limit >> 20));
  auto samples = read_prometheus_answer(answer->body);
  if (answer->status >= 200 && answer->status <= 299) return samples;
  // With an error status, Prometheus gives a reason; the body of a proxy's answer is not quoted.
  std::string text = fmt::format("HTTP {}", answer->status);
  if (!samples && samples.error().message.starts_with("Prometheus says"))
    text += ": " + samples.error().message;
  return failure(ErrorCode::Refused, std::move(text));
}

}  // namespace

/// The workloads at one evaluation. The answers to its queries are matched to these.
struct PrometheusRules::Watched {
  explicit Watched(std::vector<WorkloadStatus> all) : workloads(std::move(all)), targets(workloads) {}
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  std::vector<WorkloadStatus> workloads;
  AlertTargets targets;
};

struct PrometheusRules::Entry {
  explicit Entry(RuleState rule) : state(std::move(rule)) {}
  RuleState state;
  bool asked = false;  ///< a query waits for its answer
  bool known = false;
  bool warned = false;  ///< the log has a warning that the rule is unknown
  std::string problem = "not asked yet";
  std::optional<Instant> last_answer;
  std::uint64_t answers = 0;
  std::uint64_t unknowns = 0;
};

PrometheusRules::PrometheusRules(Parts parts) : parts_(std::move(parts)), timer_(parts_.loop) {}

PrometheusRules::~PrometheusRules() = default;

void PrometheusRules::set(PrometheusSettings settings) {
  std::vector<std::shared_ptr<Entry>> entries;
  for (const PrometheusRule& rule : settings.rules) {
    const auto same = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const auto& entry) { return entry->state.rule() == rule; });
    if (same == entries_.end()) {
      entries.push_back(std::make_shared<Entry>(RuleState(rule, settings.interval)));
    } else {
      entries.push_back(*same);
      entries.back()->state.set_interval(settings.interval);
    }
  }
  entries_ = std::move(entries);
  settings_ = std::move(settings);
  timer_.set_after(std::min(soon, settings_.interval), [this] { evaluate_all(); });
}

void PrometheusRules::evaluate_all() {
  if (!parts_.ready())
    return timer_.set_after(std::min(soon, settings_.interval), [this] { evaluate_all(); });
  if (!entries_.empty()) timer_.set_after(settings_.interval, [this] { evaluate_all(); });
  const auto watched = std::make_shared<const Watched>(parts_.workloads());
  end_removed(watched->workloads);
  if (entries_.empty()) return;
  std::set<std::string> keys;
  for (const WorkloadStatus& each : watched->workloads) keys.insert(each.key);
  for (const auto& entry : entries_) {
    entry->state.forget_all_but(keys);
    if (!entry->asked) ask(entry, watched);
  }
}

void PrometheusRules::end_removed(const std::vector<WorkloadStatus>& workloads) {
  for (const WorkloadStatus& workload : workloads) {
    for (const FiringAlert& alert : workload.alerts) {
      const auto is_it = [&](const auto& entry) { return entry->state.rule().name == alert.id; };
      if (alert.source != source || std::any_of(entries_.begin(), entries_.end(), is_it)) continue;
      AlertReported over;
      over.workload = workload.key;
      over.source = source;
      over.id = alert.id;
      over.name = alert.name;
      over.firing = false;
      (void)parts_.report(std::move(
          over));  // an error means that the workload is not watched any more, which ends its alert, too
    }
  }
}

void PrometheusRules::ask(const std::shared_ptr<Entry>& entry,
                          const std::shared_ptr<const Watched>& watched) {
  entry->asked = true;
  // Removing a rule destroys its entry, and ~PrometheusRules() destroys all: then the answer is ignored.
  parts_.curl.send(request_for(settings_, entry->state.rule()),
                   [this, weak = std::weak_ptr<Entry>(entry), watched](Result<net::CurlAnswer> answer) {
                     const auto asked = weak.lock();
                     if (!asked) return;
                     asked->asked = false;
                     answered(*asked, *watched, std::move(answer));
                   });
}

void PrometheusRules::answered(Entry& entry, const Watched& watched, Result<net::CurlAnswer> answer) {
  const auto samples = samples_of(std::move(answer));
  if (!samples) return unknown(entry, samples.error().message, LogLevel::Warning);
  const PrometheusRule& rule = entry.state.rule();
  if (samples->all.empty())
    return unknown(entry, samples->not_numbers > 0 ? "no data: NaN" : "no data", LogLevel::Debug);
  if (entry.warned) parts_.log(LogLevel::Info, fmt::format("rule {} of prometheus has data", rule.name));
  entry.warned = false;
  entry.known = true;
  entry.problem.clear();
  entry.last_answer = parts_.now();
  ++entry.answers;
  RuleEvaluation evaluation = entry.state.evaluate(*samples, watched.targets, parts_.labels(),
                                                   parts_.mappings(), *entry.last_answer, places());
  for (const std::string& text : evaluation.unmatched) {
    parts_.count(false);
    parts_.log(LogLevel::Warning, fmt::format("rule {} of prometheus is met, but {}", rule.name, text));
  }
  for (RuleChange& change : evaluation.changes) report(rule, std::move(change));
}

void PrometheusRules::unknown(Entry& entry, const std::string& why, LogLevel level) {
  ++entry.unknowns;
  entry.state.unknown();
  if (entry.problem != why)
    parts_.log(level, fmt::format("rule {} of prometheus is unknown: {}", entry.state.rule().name, why));
  entry.warned |= level == LogLevel::Warning;
  entry.known = false;
  entry.problem = why;
}

void PrometheusRules::report(const PrometheusRule& rule, RuleChange change) {
  AlertReported alert;
  alert.workload = std::move(change.workload);
  alert.source = source;
  alert.id = rule.name;
  alert.name = rule.name;
  alert.text = std::move(change.text);
  alert.firing = change.firing;
  alert.act = rule.act;
  const bool firing = alert.firing;
  const bool watched = parts_.report(std::move(alert)).has_value();
  if (firing) parts_.count(watched);
}

void PrometheusRules::confirm(const std::string& rule, const std::string& workload, Confirmed done) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& each) { return each->state.rule().name == rule; });
  if (found == entries_.end())
    return parts_.loop.post([done = std::move(done)] {
      done(AlertAnswer::Over, "its rule is not in the configuration any more");
    });
  net::CurlRequest request = request_for(settings_, (*found)->state.rule());
  request.timeout = std::min(request.timeout, confirm_within);
  const auto watched = std::make_shared<const Watched>(parts_.workloads());
  parts_.curl.send(std::move(request), [this, entry = std::weak_ptr<Entry>(*found), watched, workload,
                                        done = std::move(done)](Result<net::CurlAnswer> answer) {
    const auto asked = entry.lock();
    if (!asked) return done(AlertAnswer::Unknown, "its rule has changed");
    const auto samples = samples_of(std::move(answer));
    if (!samples) return done(AlertAnswer::Unknown, "Prometheus: " + samples.error().message);
    const auto met = asked->state.is_met_by(workload, *samples, watched->targets, parts_.labels(),
                                            parts_.mappings(), places());
    if (!met) return done(AlertAnswer::Unknown, "Prometheus has no data of it");
    done(*met ? AlertAnswer::Fires : AlertAnswer::Over, *met ? "" : "its rule is not met any more");
  });
}

std::vector<RuleStatus> PrometheusRules::status() const {
  std::vector<RuleStatus> all;
  for (const auto& entry : entries_) {
    const RuleState& state = entry->state;
    RuleStatus status;
    status.name = state.rule().name;
    status.query = state.rule().query;
    status.known = entry->known;
    status.problem = entry->problem;
    status.last_answer = entry->last_answer;
    status.firing = state.firing();
    status.pending = state.pending();
    status.unmatched = state.unmatched();
    status.answers = entry->answers;
    status.unknowns = entry->unknowns;
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace healer
