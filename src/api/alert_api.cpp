#include "api/alert_api.hpp"

#include <string_view>
#include <utility>

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

bool acts(const AlertmanagerAlert& alert, bool otherwise) {
  const std::string* wish = alert.label("healer_action");
  if (!wish) return otherwise;
  return *wish == "act" || (*wish != "notify" && otherwise);
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
    case AlertResult::BadToken:
      return "bad_token";
    case AlertResult::Malformed:
      return "malformed";
  }
  return "unknown";
}

net::HttpResponse AlertApi::alertmanager(const net::HttpRequest& request) const {
  const AlertSettings settings = parts_.settings ? parts_.settings() : AlertSettings{};
  if (settings.token.empty())
    return error_answer(404, "alerts are not accepted: set ALERTMANAGER_TOKEN or ALERTMANAGER_TOKEN_FILE");
  if (!equal_in_constant_time(token_of(request), settings.token.reveal())) {
    parts_.count(AlertResult::BadToken);
    auto refused = error_answer(401, "the token is missing or wrong: accepted: Authorization: Bearer TOKEN");
    refused.headers.emplace_back("WWW-Authenticate", "Bearer");
    return refused;
  }
  if (const Readiness readiness = parts_.readiness(); !readiness.ready)
    return error_answer(503, "not ready: " + printable(readiness.reason));
  const auto alerts = read_alertmanager(request.body);
  if (!alerts) {
    parts_.count(AlertResult::Malformed);
    return error_answer(400, alerts.error().message);
  }
  const Snapshot snapshot = parts_.snapshot();
  const AlertTargets targets(snapshot.workloads);
  boost::json::array results;
  std::uint64_t accepted = 0;
  for (const AlertmanagerAlert& alert : *alerts) {
    const std::string* name = alert.label("alertname");
    AlertTarget target = targets.find(alert.labels, settings.labels, settings.mappings);
    AlertResult result =
        target.found == AlertTarget::Found::Ambiguous ? AlertResult::Ambiguous : AlertResult::Unknown;
    if (target.found == AlertTarget::Found::One) {
      AlertReported event{target.key,
                          "alertmanager",
                          alert.id,
                          name ? clip(printable(*name), 100) : "unnamed",
                          alert.text,
                          alert.firing,
                          acts(alert, settings.act)};
      if (const auto reported = parts_.report(std::move(event)); reported)
        result = AlertResult::Accepted;
      else
        target.text = reported.error().message;
    }
    parts_.count(result);
    if (result == AlertResult::Accepted) ++accepted;
    boost::json::object one{{"fingerprint", safe(alert.id)}, {"result", to_string(result)}};
    if (!target.key.empty()) one["workload"] = safe(target.key);
    if (result != AlertResult::Accepted) one["reason"] = safe(target.text);
    results.push_back(std::move(one));
  }
  return json_answer(200, {{"accepted", accepted}, {"alerts", std::move(results)}});
}

}  // namespace healer
