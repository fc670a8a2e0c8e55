#include "config/prometheus_rules.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/promql.hpp"
#include "config/setting_kinds.hpp"
#include "config/url.hpp"

namespace healer {
namespace {

using namespace kinds;  // NOLINT: the tables below are these names

constexpr std::size_t longest_query = 8192;
constexpr std::size_t most_labels = 20;

bool valid_secret(std::string_view text) {
  return !text.empty() && text.size() <= 4096 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c != '\x7f'; });
}

bool is_user(std::string_view value) {
  return is_line<100>(value) && value.find(':') == std::string_view::npos;
}

bool is_label(std::string_view name) {
  return is_word(name, 100, "_") && !is_digit(name.front());
}

Kind<Secret> hidden() {
  return secret("text", "1 to 4096 bytes without control characters", valid_secret);
}

Applied read_server(std::string& target, std::string_view text) {
  const auto url = read_url(text);
  if (!url || (url->scheme != "http" && url->scheme != "https")) return false;
  if (url->has_user)
    return Applied::refused(
        "it names a user, and the address is shown to operators; see username and password");
  if (url->rest.find_first_of("?#") != std::string::npos)
    return Applied::refused("it has a query or a fragment");
  target = without_last_slashes(text);
  return true;
}

Kind<std::string> server() {
  KindInfo info{"URL", "an http:// or https:// URL with a host, such as http://prometheus:9090"};
  info.conceals = names_a_user;
  return special<std::string>(std::move(info), read_server, [](const std::string& url) { return url; });
}

Kind<std::string> user() {
  Kind<std::string> kind = text("text of 1 to 100 bytes without ':' and control characters", is_user);
  kind.info.conceals = names_a_user;
  return kind;
}

Applied read_query(PrometheusRule& rule, std::string_view text) {
  if (text.size() > longest_query)
    return Applied::refused(fmt::format("it is longer than {} bytes", longest_query));
  auto read = read_promql_comparison(text);
  if (!read) return Applied::refused(std::move(read.error()));
  rule.query = text;
  rule.expression = std::move(read->expression);
  rule.comparison = read->comparison;
  rule.number = read->number;
  return true;
}

/// Checks settings against each other. A timeout that is not given is the default, or the interval if that is
/// shorter.
void check(const ObjectPlace& at, PrometheusSettings& settings, SettingReader& reader) {
  const auto refuse = [&](const YamlNode* key, std::string_view name, std::string value, std::string problem,
                          std::string accepted) {
    reader.refuse({Origin::Kind::File, at.file, key->line}, fmt::format("{}.{}", at.name, name),
                  std::move(value), std::move(problem), std::move(accepted));
  };
  const auto given = [&](std::string_view key) {
    const YamlNode* plain = find_key(at.value, key);
    return plain ? plain : find_key(at.value, fmt::format("{}{}", key, secret_file_key_suffix));
  };
  const YamlNode* user = find_key(at.value, "username");
  if (const YamlNode* token = given("bearer_token"); user && token)
    refuse(user, "username", "", fmt::format("is given beside {}", token->text), "one of them");
  if (const YamlNode* password = given("password"); password && !user)
    refuse(password, "username", "", "is missing: a password is given", "");
  const YamlNode* timeout = find_key(at.value, "timeout");
  if (!timeout)
    settings.timeout = std::min(settings.timeout, settings.interval);
  else if (settings.timeout > settings.interval)
    refuse(timeout, "timeout", format_duration(settings.timeout),
           fmt::format("is above the interval of {}", format_duration(settings.interval)),
           "a duration not above it");
}

}  // namespace

Table<PrometheusRule> prometheus_rule_settings() {
  using Rule = PrometheusRule;
  return {
      {"name",
       {},
       &Rule::name,
       text("text of 1 to 60 bytes without control characters", is_line<60>),
       "The rule's name in notifications. Each rule has its own.",
       Traits{.required = true}},
      {"query",
       {},
       fields(&Rule::query, &Rule::expression, &Rule::comparison, &Rule::number),
       special<Rule>({"query", std::string(promql_accepted)}, read_query,
                     [](const Rule& rule) { return rule.query; }),
       "PromQL whose top level compares with a number.",
       Traits{.required = true}},
      {"for",
       {},
       &Rule::hold_for,
       duration(Duration{0}, 24h),
       "The rule fires when it has been met for this long."},
      {"labels",
       {},
       &Rule::labels,
       list_of(text("label names, as one value or a list", is_label), most_labels),
       "The labels of a series that name its container. Unset, as `alert_labels`."},
      {"container",
       {},
       &Rule::container,
       text("the name of one container", is_line<100>),
       "The rule is about this container, for any labels of a series."},
      {"action", {}, &Rule::act, choice<bool>({{"act", true}, {"notify", false}}), "Heal, or only notify."},
  };
}

Table<PrometheusSettings> prometheus_settings() {
  using Prometheus = PrometheusSettings;
  Setting<Prometheus> rules;
  rules.info.key = "rules";
  rules.info.accepted = fmt::format("a list of at most {} rules", most_prometheus_rules);
  rules.info.description = "The rules, in this order. Each has the keys below.";
  rules.sets = fields(&Prometheus::rules);
  rules.read_object = [](Prometheus& prometheus, const ObjectPlace& at, SettingReader& reader) {
    if (at.value.kind == YamlNode::Kind::Null) return;  // a key whose lines are all commented out
    reader.read_objects(at, "rule", most_prometheus_rules, prometheus_rule_settings(), prometheus.rules,
                        [&](const PrometheusRule& rule, const ObjectPlace& place) {
                          if (!rule.container.empty() && !rule.labels.empty())
                            reader.refuse(place, "", "has both container and labels", "one of them");
                        });
  };
  return {
      {"url",
       {},
       &Prometheus::url,
       server(),
       "The server's URL. It may have a path, but no user.",
       Traits{.required = true}},
      {"bearer_token",
       {},
       &Prometheus::bearer_token,
       hidden(),
       "Sent as `Authorization: Bearer ...`.",
       Traits{.is_text = true}},
      {"username", {}, &Prometheus::username, user(), "Basic authentication."},
      {"password", {}, &Prometheus::password, hidden(), "The user's password.", Traits{.is_text = true}},
      {"interval", {}, &Prometheus::interval, duration(1s, 1h), "How often every rule is evaluated."},
      {"timeout",
       {},
       &Prometheus::timeout,
       duration(100ms, 5min),
       "The timeout of one query; not above the interval."},
      std::move(rules),
  };
}

PrometheusSettings read_prometheus(const ObjectPlace& at, SettingReader& reader) {
  PrometheusSettings settings;
  reader.read_object(at, prometheus_settings(), settings);
  check(at, settings, reader);
  return settings;
}

}  // namespace healer
