#include "api/alert_api.hpp"

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "alert/alertmanager.hpp"
#include "alert/target.hpp"
#include "api/answers.hpp"
#include "api/json_text.hpp"
#include "base/text.hpp"

namespace healer {
namespace {

/// Takes the same time for all texts of one length, so that timing does not show how much of a token is
/// right.
bool equal_in_constant_time(std::string_view one, std::string_view other) {
  unsigned differs = one.size() == other.size() ? 0U : 1U;
  for (std::size_t i = 0; i < one.size(); ++i)
    differs |= static_cast<unsigned char>(one[i]) ^
               static_cast<unsigned char>(other.empty() ? 0 : other[i % other.size()]);
  return differs == 0;
}

std::string_view token_of(const net::HttpRequest& request) {
  const std::string_view value = trim(net::find_header(request.headers, "authorization"));
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos || lower(value.substr(0, space)) != "bearer") return {};
  return trim(value.substr(space + 1));
}

/// Labels that are larger are not kept; then an alert is known by its fingerprint alone.
constexpr std::size_t most_label_bytes = 8 * 1024;

/// What a firing alert does, and why it starts no remedy.
struct Use {
  bool act = false;
  std::string why;
};

Use use_of(const AlertmanagerAlert& alert, bool otherwise) {
  const std::string* name = alert.label("alertname");
  if (alert.of_grafana && name && (*name == "DatasourceNoData" || *name == "DatasourceError"))
    return {false, "Grafana could not evaluate its rule"};
  const std::string* wish = alert.label("healer_action");
  if (!wish) return {otherwise, otherwise ? "" : "it does not have the label healer_action=\"heal\""};
  if (*wish == "heal" || *wish == "act") return {true, {}};
  if (*wish == "notify") return {false, "its label healer_action is notify"};
  return {false,
          "its label healer_action is \"" + clip(printable(*wish), 60) + "\"; accepted: heal or notify"};
}

AlertResult result_of(AlertTarget::Found found) {
  switch (found) {
    case AlertTarget::Found::One:
      return AlertResult::Accepted;
    case AlertTarget::Found::Unknown:
      return AlertResult::Unknown;
    case AlertTarget::Found::Ambiguous:
      return AlertResult::Ambiguous;
    case AlertTarget::Found::OtherContainer:
      return AlertResult::OtherContainer;
    case AlertTarget::Found::OtherHost:
      return AlertResult::OtherHost;
  }
  return AlertResult::Unknown;
}

std::string source_of(const AlertmanagerAlert& alert) {
  return alert.of_grafana ? "grafana" : "alertmanager";
}

std::string name_of(const AlertmanagerAlert& alert) {
  const std::string* name = alert.label("alertname");
  return name ? clip(printable(*name), 100) : "unnamed";
}

/// What each alert is about, with what the alerts say of each other.
std::vector<AlertTarget> targets_of(const std::vector<AlertmanagerAlert>& alerts, const Snapshot& snapshot,
                                    const AlertSettings& settings) {
  const AlertTargets index(snapshot.workloads);
  std::vector<AlertTarget> targets;
  targets.reserve(alerts.size());
  for (const AlertmanagerAlert& alert : alerts)
    targets.push_back(index.find(alert.labels, settings.labels, settings.mappings, settings.places));
  if (!settings.places.any) {
    std::vector<PlacedAlert> placed;
    for (std::size_t i = 0; i < alerts.size(); ++i)
      if (alerts[i].firing)
        placed.push_back({name_of(alerts[i]), place_of(alerts[i].labels), targets[i].key, &targets[i]});
    for (const WorkloadStatus& workload : snapshot.workloads) {
      for (const FiringAlert& alert : workload.alerts) {
        std::map<std::string, std::string> labels;
        for (const AlertLabel& label : alert.labels) labels.emplace(label.name, label.value);
        placed.push_back({alert.name, place_of(labels), workload.key, nullptr});
      }
    }
    refuse_several_places(placed);
  }
  return targets;
}

/// The end of an alert goes to the workload that it fires about, also if the labels lead there no more: the
/// container may be another one by now.
void find_ended(const AlertmanagerAlert& alert, const Snapshot& snapshot, AlertTarget& target) {
  for (const WorkloadStatus& workload : snapshot.workloads)
    for (const FiringAlert& firing : workload.alerts)
      if (firing.source == source_of(alert) && firing.id == alert.id) {
        target = {};
        target.found = AlertTarget::Found::One;
        target.key = workload.key;
        return;
      }
}

AlertReported event_of(const AlertmanagerAlert& alert, const std::string& key, bool act) {
  AlertReported event{key,        source_of(alert), alert.id, name_of(alert),
                      alert.text, alert.firing,     act,      alert.ask_at};
  std::size_t bytes = 0;
  for (const auto& [name, value] : alert.labels) bytes += name.size() + value.size();
  if (bytes <= most_label_bytes)
    for (const auto& [name, value] : alert.labels) event.labels.push_back({name, value});
  return event;
}

}  // namespace

const char* to_string(AlertResult result) {
  switch (result) {
    case AlertResult::Accepted:
      return "accepted";
    case AlertResult::Unknown:
      return "unknown";
    case AlertResult::Ambiguous:
      return "ambiguous";
    case AlertResult::OtherContainer:
      return "other_container";
    case AlertResult::OtherHost:
      return "other_host";
    case AlertResult::BadToken:
      return "bad_token";
    case AlertResult::Malformed:
      return "malformed";
  }
  return "unknown";
}

/// The answer to a request without the right token; empty: it has the right one.
std::optional<net::HttpResponse> AlertApi::refusal(const net::HttpRequest& request, const Secret& token) {
  const auto now = parts_.now();
  if (!throttle_.may_try(request.peer, now)) {
    auto refused = error_answer(429, "too many wrong tokens came from this address: try again in a second");
    refused.headers.emplace_back("Retry-After", std::to_string(TokenThrottle::pause.count()));
    return refused;
  }
  if (equal_in_constant_time(token_of(request), token.reveal())) {
    throttle_.succeeded(request.peer);
    return std::nullopt;
  }
  throttle_.failed(request.peer, now);
  parts_.count(AlertResult::BadToken);
  auto refused = error_answer(401, "the token is missing or wrong: accepted: Authorization: Bearer TOKEN");
  refused.headers.emplace_back("WWW-Authenticate", "Bearer");
  return refused;
}

net::HttpResponse AlertApi::alertmanager(const net::HttpRequest& request) {
  const AlertSettings settings = parts_.settings ? parts_.settings() : AlertSettings{};
  if (settings.token.empty())
    return error_answer(404, "alerts are not accepted: set ALERTMANAGER_TOKEN or ALERTMANAGER_TOKEN_FILE");
  if (auto refused = refusal(request, settings.token)) return std::move(*refused);
  if (const Readiness readiness = parts_.readiness(); !readiness.ready)
    return error_answer(503, "not ready: " + printable(readiness.reason));
  const auto alerts = read_alertmanager(request.body);
  if (!alerts) {
    parts_.count(AlertResult::Malformed);
    return error_answer(400, alerts.error().message);
  }
  const Snapshot snapshot = parts_.snapshot();
  std::vector<AlertTarget> targets = targets_of(*alerts, snapshot, settings);
  boost::json::array results;
  std::uint64_t accepted = 0;
  for (std::size_t i = 0; i < alerts->size(); ++i) {
    const AlertmanagerAlert& alert = (*alerts)[i];
    AlertTarget& target = targets[i];
    if (!alert.firing && target.found != AlertTarget::Found::One) find_ended(alert, snapshot, target);
    AlertResult result = result_of(target.found);
    const Use use = use_of(alert, settings.act);
    if (result == AlertResult::Accepted) {
      if (const auto reported = parts_.report(event_of(alert, target.key, use.act)); !reported) {
        result = AlertResult::Unknown;
        target.text = reported.error().message;
      }
    }
    parts_.count(result);
    boost::json::object one{{"fingerprint", safe(alert.id)}, {"result", to_string(result)}};
    if (!target.key.empty()) one["workload"] = safe(target.key);
    if (result != AlertResult::Accepted) {
      one["reason"] = safe(target.text);
    } else {
      ++accepted;
      if (alert.firing) one["use"] = use.act ? "heal" : "notify";
      if (alert.firing && !use.act) one["reason"] = safe(use.why);
    }
    results.push_back(std::move(one));
  }
  return json_answer(200, {{"accepted", accepted}, {"alerts", std::move(results)}});
}

}  // namespace healer
