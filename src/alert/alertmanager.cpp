#include "alert/alertmanager.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "alert/place.hpp"
#include "base/hash.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t most_alerts = 10'000;
constexpr std::size_t most_labels = 128;
constexpr std::size_t longest_text = 300;
constexpr std::size_t longest_id = 64;

tl::unexpected<Error> refuse(std::string message) {
  return failure(ErrorCode::InvalidInput, std::move(message));
}

std::string shown(const json::value& value) {
  return clip(printable(json::serialize(value)), 60);
}

const json::value* member(const json::object& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || found->value().is_null() ? nullptr : &found->value();
}

Result<std::map<std::string, std::string>> texts(const json::object& alert, const char* name,
                                                 std::size_t index) {
  std::map<std::string, std::string> all;
  const json::value* found = member(alert, name);
  if (!found) return all;
  if (!found->is_object())
    return refuse(
        fmt::format("alerts[{}].{} is {}; accepted: an object of texts", index, name, shown(*found)));
  if (found->get_object().size() > most_labels)
    return refuse(fmt::format("alerts[{}].{} has {} members; accepted: {} at most", index, name,
                              found->get_object().size(), most_labels));
  for (const auto& [key, value] : found->get_object()) {
    if (!value.is_string())
      return refuse(fmt::format("alerts[{}].{}.{} is {}; accepted: a text", index, name,
                                clip(printable(key), 60), shown(value)));
    all.emplace(key, value.get_string());
  }
  return all;
}

/// Identifies an alert by its labels; the hash is the same in every process.
std::string hash_of(const std::map<std::string, std::string>& labels) {
  std::uint64_t hash = fnv1a({});
  for (const auto& [name, value] : labels)
    for (const std::string_view text : {std::string_view(name), std::string_view(value)})
      hash = fnv1a("\xff", fnv1a(text, hash));
  return fmt::format("{:016x}", hash);
}

std::string text_of(const std::map<std::string, std::string>& annotations) {
  for (const char* name : {"summary", "message", "description"})
    if (const auto found = annotations.find(name); found != annotations.end() && !found->second.empty())
      return clip(printable(redact(found->second)), longest_text);
  return {};
}

Result<AlertmanagerAlert> read_one(const json::value& value, std::size_t index) {
  if (!value.is_object())
    return refuse(fmt::format("alerts[{}] is {}; accepted: an object", index, shown(value)));
  const json::object& object = value.get_object();
  AlertmanagerAlert alert;
  const json::value* status = member(object, "status");
  if (!status || !status->is_string() ||
      (status->get_string() != "firing" && status->get_string() != "resolved"))
    return refuse(fmt::format("alerts[{}].status is {}; accepted: \"firing\" or \"resolved\"", index,
                              status ? shown(*status) : "missing"));
  alert.firing = status->get_string() == "firing";
  auto labels = texts(object, "labels", index);
  if (!labels) return tl::unexpected(labels.error());
  alert.labels = std::move(*labels);
  auto annotations = texts(object, "annotations", index);
  if (!annotations) return tl::unexpected(annotations.error());
  alert.text = text_of(*annotations);
  if (const json::value* fingerprint = member(object, "fingerprint")) {
    if (!fingerprint->is_string())
      return refuse(
          fmt::format("alerts[{}].fingerprint is {}; accepted: a text", index, shown(*fingerprint)));
    alert.id = clip(printable(fingerprint->get_string()), longest_id);
  }
  if (alert.id.empty()) alert.id = hash_of(alert.labels);
  return alert;
}

/// The first members of the body, so that an operator recognises its sender.
std::string members_of(const json::object& body) {
  std::string all;
  for (const auto& [name, value] : body) all += (all.empty() ? "" : ", ") + printable(name);
  return clip(all, 120);
}

bool is_of_grafana(const json::object& body) {
  return member(body, "orgId") != nullptr ||
         (member(body, "state") != nullptr && member(body, "title") != nullptr);
}

/// The version of the body's form. Grafana writes "1".
Result<void> check_version(const json::object& body) {
  const json::value* version = member(body, "version");
  if (!version) return {};
  const bool known = version->is_string() &&
                     (version->get_string() == "4" || (version->get_string() == "1" && is_of_grafana(body)));
  if (known) return {};
  return refuse("version is " + shown(*version) + "; accepted: \"4\"");
}

Result<void> refuse_without_alerts(const json::object& body) {
  const json::value* alerts = member(body, "alerts");
  if (alerts) return refuse("alerts is " + shown(*alerts) + "; accepted: a list");
  std::string text = "alerts is missing; accepted: a list";
  if (member(body, "evalMatches") || member(body, "ruleUrl"))
    text += ". The body is of Grafana's legacy alerting; accepted: that of its unified alerting";
  else if (!body.empty())
    text += fmt::format(". The body has {}; accepted: the webhook of Alertmanager or of Grafana's alerting",
                        members_of(body));
  return refuse(std::move(text));
}

}  // namespace

bool usable_external_url(std::string_view url) {
  const std::string scheme = lower(url.substr(0, std::min(url.find("://"), url.size())));
  if (url.size() > 2048 || (scheme != "http" && scheme != "https")) return false;
  if (!std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c <= '~'; })) return false;
  if (url.find_first_of("@?#\\%") != std::string_view::npos) return false;
  const std::string host = host_in(url);
  if (host.empty()) return false;
  if (host.find(':') != std::string::npos) {
    in6_addr address{};
    return inet_pton(AF_INET6, host.c_str(), &address) == 1 && !IN6_IS_ADDR_LINKLOCAL(&address) &&
           !IN6_IS_ADDR_MULTICAST(&address) && !IN6_IS_ADDR_UNSPECIFIED(&address);
  }
  in_addr address{};
  // Resolvers also read "0x7f.1" and "2852039166" as addresses; no host name ends in such a label.
  const std::string last = host.substr(host.rfind('.') + 1);
  const bool numeric = last.starts_with("0x") || last.find_first_not_of("0123456789") == std::string::npos;
  if (!numeric) return true;
  if (inet_pton(AF_INET, host.c_str(), &address) != 1) return false;
  const std::uint32_t number = ntohl(address.s_addr);
  return (number >> 24) != 0 && (number >> 16) != 0xa9fe && (number >> 28) < 0xe;
}

const std::string* AlertmanagerAlert::label(const std::string& name) const {
  const auto found = labels.find(name);
  return found == labels.end() || found->second.empty() ? nullptr : &found->second;
}

Result<std::vector<AlertmanagerAlert>> read_alertmanager(std::string_view body) {
  boost::system::error_code error;
  const json::value root = json::parse(body, error);
  if (error) return refuse("the body is no JSON: " + error.message());
  if (!root.is_object()) return refuse("the body is " + shown(root) + "; accepted: an object");
  const json::object& object = root.get_object();
  const json::value* alerts = member(object, "alerts");
  // Another sender's body is refused by what it lacks, not by its version.
  if (!alerts || !alerts->is_array()) return tl::unexpected(refuse_without_alerts(object).error());
  if (const auto version = check_version(object); !version) return tl::unexpected(version.error());
  const bool of_grafana = is_of_grafana(object);
  std::string ask_at;
  if (const json::value* url = member(object, "externalURL"); url && url->is_string() && !of_grafana)
    if (usable_external_url(url->get_string())) ask_at = url->get_string();
  while (ask_at.ends_with('/')) ask_at.pop_back();
  if (alerts->get_array().size() > most_alerts)
    return refuse(
        fmt::format("alerts has {} entries; accepted: {} at most", alerts->get_array().size(), most_alerts));
  std::vector<AlertmanagerAlert> all;
  for (const json::value& each : alerts->get_array()) {
    auto one = read_one(each, all.size());
    if (!one) return tl::unexpected(one.error());
    one->of_grafana = of_grafana;
    one->ask_at = ask_at;
    all.push_back(std::move(*one));
  }
  return all;
}

}  // namespace healer
