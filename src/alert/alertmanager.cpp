#include "alert/alertmanager.hpp"

#include <cstdint>

#include <fmt/format.h>
#include <boost/json.hpp>

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

}  // namespace

const std::string* AlertmanagerAlert::label(const std::string& name) const {
  const auto found = labels.find(name);
  return found == labels.end() || found->second.empty() ? nullptr : &found->second;
}

Result<std::vector<AlertmanagerAlert>> read_alertmanager(std::string_view body) {
  boost::system::error_code error;
  const json::value root = json::parse(body, error);
  if (error) return refuse("the body is no JSON: " + error.message());
  if (!root.is_object()) return refuse("the body is " + shown(root) + "; accepted: an object");
  if (const json::value* version = member(root.get_object(), "version");
      version && (!version->is_string() || version->get_string() != "4"))
    return refuse("version is " + shown(*version) + "; accepted: \"4\"");
  const json::value* alerts = member(root.get_object(), "alerts");
  if (!alerts || !alerts->is_array())
    return refuse("alerts is " + (alerts ? shown(*alerts) : std::string("missing")) + "; accepted: a list");
  if (alerts->get_array().size() > most_alerts)
    return refuse(
        fmt::format("alerts has {} entries; accepted: {} at most", alerts->get_array().size(), most_alerts));
  std::vector<AlertmanagerAlert> all;
  for (const json::value& each : alerts->get_array()) {
    auto one = read_one(each, all.size());
    if (!one) return tl::unexpected(one.error());
    all.push_back(std::move(*one));
  }
  return all;
}

}  // namespace healer
