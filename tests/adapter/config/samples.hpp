#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "config/setting.hpp"

namespace healer::testing {

/// A value that the setting accepts and that is not its default, made from the description of its type.
/// Nothing for a type whose description does not give a value.
inline std::optional<std::string> sample_by_type(const SettingInfo& info) {
  const auto other = [&](const std::string& one, const std::string& another) {
    return one == info.default_text ? another : one;
  };
  if (info.type == "boolean") return other("true", "false");
  if (info.type == "share") return other("0.125", "0.25");
  if (info.type == "choice")
    return other(std::string(info.choices.front()), std::string(info.choices.back()));
  if (info.type != "duration" && info.type != "number" && info.type != "size") return std::nullopt;
  std::string_view range = info.range;
  if (const auto word = range.find(", "); word != std::string_view::npos) range.remove_prefix(word + 2);
  const auto to = range.find(" to ");
  return other(std::string(range.substr(0, to)), std::string(range.substr(to + 4)));
}

/// The same for every setting: by its key where the type gives no value.
inline std::string sample(const SettingInfo& info) {
  static const std::map<std::string_view, std::string> by_key{
      {"window", "2/7"},
      {"path", "/x"},
      {"address", "192.0.2.7"},
      {"status", "204"},
      {"body", R"({"a": "{{event}}"})"},
      {"banner", "x"},
      {"host", "x"},
      {"headers", "A: b"},
      {"command", "x"},
      {"service", "x"},
      {"remedies", "stop"},
      {"budget", "1/1m"},
      {"notify", "none"},
      {"depends_on", "db"},
      {"maintenance", "daily 01:00-02:00"},
      {"listen", "off"},
      {"allowed_hosts", "healer.lan"},
      {"headers_for", "web-*"},
      {"state", "/x"},
      {"admin_socket", "/x"},
      {"slack_webhook_url", "https://x/"},
      {"alertmanager_token", "1234567890abcdef"},
      {"alert_labels", "a"},
      {"alert_targets", "a=b -> c"},
      {"alert_match", "any"},
      {"alert_alertmanager_url", "http://x"},
      {"host_name", "x"},
      {"compat", "none"},
      {"notification_quiet_hours", "daily 01:00-02:00"},
      {"notification_link", "https://x/"},
      {"connectivity_url", "http://x"},
      {"record", "/x"},
      {"hook_before", "x"},
      {"hook_after", "x"},
      {"docker_host", "tcp://x"},
      {"docker_cert_path", "/x"},
      {"docker_api_version", "1.41"},
      // channels
      {"webhook_url", "https://x/y"},
      {"url", "https://x/y"},
      {"api_url", "https://x/y"},
      {"token", "1:a"},
      {"api_key", "a"},
      {"routing_key", "0123456789abcdef0123456789ABCDEF"},
      {"channel", "#x"},
      {"chat_id", "5"},
      {"user", "x"},
      {"password", "x"},
      {"from", "a@b"},
      {"to", "a@b"},
      {"helo", "x.y"},
      {"ca_file", "/x"},
  };
  if (auto text = sample_by_type(info)) return *text;
  const auto found = by_key.find(info.key);
  return found == by_key.end() ? "no sample: add one to tests/adapter/config/samples.hpp" : found->second;
}

}  // namespace healer::testing
