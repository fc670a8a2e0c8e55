#include "alert/confirmation.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/encode.hpp"
#include "base/text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr Duration answer_within = 5s;
constexpr std::size_t answer_limit = 4 * 1024 * 1024;
/// Proxies accept a URL of this length.
constexpr std::size_t longest_query = 1500;

const json::object* object_in(const json::value& value, std::string_view name) {
  if (!value.is_object()) return nullptr;
  const json::value* found = value.get_object().if_contains(name);
  return found != nullptr && found->is_object() ? &found->get_object() : nullptr;
}

bool has_labels(const json::object& labels, const std::vector<AlertLabel>& wanted) {
  return !wanted.empty() && labels.size() == wanted.size() &&
         std::all_of(wanted.begin(), wanted.end(), [&](const AlertLabel& label) {
           const json::value* found = labels.if_contains(label.name);
           return found != nullptr && found->is_string() && found->get_string() == label.value;
         });
}

bool is_same(const json::value& listed, const json::object& labels, const ConfirmAlert& alert) {
  const json::value* fingerprint = listed.get_object().if_contains("fingerprint");
  return has_labels(labels, alert.labels) ||
         (fingerprint != nullptr && fingerprint->is_string() && fingerprint->get_string() == alert.id);
}

/// Whether the name may stand in a matcher without quotes.
bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string matcher(const AlertLabel& label) {
  std::string text = label.name + "=\"";
  for (const char c : label.value) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text + '"';
}

}  // namespace

AlertVerdict read_alert_list(int status, std::string_view body, const ConfirmAlert& alert) {
  if (status != 200)
    return {AlertAnswer::Unknown, fmt::format("Alertmanager's address answers HTTP {}", status)};
  if (body.size() >= answer_limit)
    return {AlertAnswer::Unknown, "Alertmanager's answer is larger than 4 MiB"};
  const AlertVerdict foreign{AlertAnswer::Unknown, "the answer is none of Alertmanager's API"};
  boost::system::error_code error;
  const json::value root = json::parse(body, error);
  if (error || !root.is_array()) return foreign;
  bool suppressed = false;
  bool listed = false;
  for (const json::value& each : root.get_array()) {
    const json::object* labels = object_in(each, "labels");
    const json::object* state = object_in(each, "status");
    const json::value* word = state != nullptr ? state->if_contains("state") : nullptr;
    if (labels == nullptr || word == nullptr || !word->is_string()) return foreign;
    if (!is_same(each, *labels, alert)) continue;
    if (word->get_string() == "suppressed")
      suppressed = true;
    else
      listed = true;
  }
  if (listed) return {AlertAnswer::Fires, {}};
  return {AlertAnswer::Over, suppressed ? "silenced or inhibited at Alertmanager"
                                        : "silenced, inhibited or gone at Alertmanager"};
}

std::string alert_list_query(const ConfirmAlert& alert) {
  std::string query = "/api/v2/alerts?active=true&silenced=false&inhibited=false&unprocessed=true";
  for (const AlertLabel& label : alert.labels) {
    if (!is_plain(label.name)) continue;
    const std::string filter = "&filter=" + percent_encoded(matcher(label));
    if (query.size() + filter.size() <= longest_query) query += filter;
  }
  return query;
}

void AlertConfirmation::unknown(std::string why, Done done) {
  parts_.loop.post([done = std::move(done), why = std::move(why)]() mutable {
    done(AlertAnswer::Unknown, std::move(why));
  });
}

void AlertConfirmation::ask(const ConfirmAlert& alert, Done done) {
  if (alert.source == "prometheus") return parts_.rule(alert.id, alert.workload, std::move(done));
  if (alert.source == "grafana") return unknown("Grafana cannot be asked", std::move(done));
  const std::string configured = parts_.alertmanager();
  if (configured == "none") return unknown("alert_alertmanager_url is none", std::move(done));
  const std::string base = configured == "auto" ? alert.ask_at : configured;
  if (base.empty())
    return unknown("its notification has no usable externalURL; see alert_alertmanager_url", std::move(done));
  net::CurlRequest request;
  request.method = "GET";
  request.url = Secret(base + alert_list_query(alert));
  request.url_is_public = true;
  request.timeout = answer_within;
  request.answer_limit = answer_limit;
  parts_.curl.send(std::move(request), [alert, done = std::move(done)](Result<net::CurlAnswer> answer) {
    if (!answer) return done(AlertAnswer::Unknown, "Alertmanager: " + answer.error().message);
    AlertVerdict verdict = read_alert_list(answer->status, answer->body, alert);
    done(verdict.answer, std::move(verdict.why));
  });
}

}  // namespace healer
