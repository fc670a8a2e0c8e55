#include "config/prometheus_rules.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/promql.hpp"
#include "config/secret_file.hpp"
#include "config/setting_kinds.hpp"
#include "config/url.hpp"

namespace healer {
namespace {

constexpr std::size_t longest_name = 100;
constexpr std::size_t longest_rule = 60;  ///< it is a part of dedup keys
constexpr std::size_t longest_query = 8192;
constexpr std::size_t most_labels = 20;

/// One key of a map: what it takes, and who takes it. `take` says why not; an empty reason is none.
struct Field {
  std::string_view key;
  std::string accepted;
  std::function<std::optional<std::string>(const YamlNode&)> take;
  bool secret = false;
};

constexpr std::string_view one_value = "";  ///< "is not valid", and no more to say

/// A field of a single value.
Field single(std::string_view key, std::string accepted,
             std::function<std::optional<std::string>(std::string_view)> take, bool secret = false) {
  return {key, std::move(accepted),
          [take = std::move(take)](const YamlNode& node) -> std::optional<std::string> {
            if (node.kind != YamlNode::Kind::Scalar)
              return fmt::format("{}; a single value is expected", to_string(node.kind));
            return take(trim(node.text));
          },
          secret};
}

std::optional<std::string> unless(bool valid) {
  return valid ? std::nullopt : std::optional(std::string(one_value));
}

Field text(std::string_view key, std::string accepted, bool (*valid)(std::string_view), std::string& target) {
  return single(key, std::move(accepted), [valid, &target](std::string_view value) {
    if (valid(value)) target = std::string(value);
    return unless(valid(value));
  });
}

Field duration(std::string_view key, Duration low, Duration high, Duration& target) {
  return single(
      key, fmt::format("a duration from {}{}", kinds::duration_range(low, high), kinds::duration_examples),
      [low, high, &target](std::string_view value) {
        const auto read = kinds::read_duration(value, low, high);
        if (read) target = *read;
        return unless(read.has_value());
      });
}

bool valid_secret(std::string_view text) {
  return !text.empty() && text.size() <= 4096 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c != '\x7f'; });
}

constexpr std::string_view secret_accepted = "1 to 4096 bytes without control characters";

Field secret(std::string_view key, Secret& target) {
  return single(
      key, std::string(secret_accepted),
      [&target](std::string_view value) {
        if (valid_secret(value)) target = Secret(std::string(value));
        return unless(valid_secret(value));
      },
      true);
}

/// The same from a file.
Field secret_file(std::string_view key, Secret& target) {
  return single(key, "the path of a file that holds the value",
                [&target](std::string_view path) -> std::optional<std::string> {
                  const auto read = read_secret_file(std::string(path));
                  if (!read) return "cannot be read: " + read.error().message;
                  if (!valid_secret(*read))
                    return fmt::format("holds no such value: accepted are {}", secret_accepted);
                  target = Secret(*read);
                  return std::nullopt;
                });
}

bool is_short_text(std::string_view value) {
  return !value.empty() && value.size() <= longest_name && printable(value) == value;
}

bool is_rule_name(std::string_view value) {
  return is_short_text(value) && value.size() <= longest_rule;
}

bool is_user(std::string_view value) {
  return is_short_text(value) && value.find(':') == std::string_view::npos;
}

bool is_label(std::string_view name) {
  const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  return !name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), fits) &&
         std::isdigit(static_cast<unsigned char>(name.front())) == 0;
}

/// One name, or a list of them.
Field labels(std::vector<std::string>& target) {
  return {"labels", "label names, as one value or a list",
          [&target](const YamlNode& node) -> std::optional<std::string> {
            std::vector<std::string> names;
            const auto add = [&names](const YamlNode& item) {
              if (item.kind == YamlNode::Kind::Scalar) names.emplace_back(trim(item.text));
              return item.kind == YamlNode::Kind::Scalar && is_label(names.back());
            };
            const bool valid = node.kind == YamlNode::Kind::Sequence
                                   ? std::all_of(node.children.begin(), node.children.end(), add)
                                   : add(node);
            if (!valid || names.empty() || names.size() > most_labels) return std::string(one_value);
            target = std::move(names);
            return std::nullopt;
          }};
}

std::optional<std::string> take_url(std::string_view value, std::string& target) {
  const auto url = read_url(value);
  if (!url || (url->scheme != "http" && url->scheme != "https")) return std::string(one_value);
  if (url->has_user) return "it names a user, and the address is shown to people; see username and password";
  if (url->rest.find_first_of("?#") != std::string::npos) return "it has a query or a fragment";
  target = value;
  while (target.ends_with('/')) target.pop_back();
  return std::nullopt;
}

class Reader {
 public:
  Reader(const std::string& file, ConfigErrors& errors) : file_(file), errors_(errors) {}

  PrometheusSettings read(const FileSection& section) {
    PrometheusSettings settings;
    settings.timeout = Duration{0};  // to tell one that was not given
    if (section.value.kind != YamlNode::Kind::Map) {
      refuse(section.value.line, section.key, {},
             fmt::format("{}; a map of settings is expected", to_string(section.value.kind)));
      return settings;
    }
    const YamlNode* rules = nullptr;
    const std::vector<Field> fields{
        single("url", "an http:// or https:// URL with a host, such as http://prometheus:9090",
               [&](std::string_view value) { return take_url(value, settings.url); }),
        secret("bearer_token", settings.bearer_token),
        secret_file("bearer_token_file", settings.bearer_token),
        text("username", "text of 1 to 100 bytes without ':' and control characters", is_user,
             settings.username),
        secret("password", settings.password),
        secret_file("password_file", settings.password),
        duration("interval", 1s, 1h, settings.interval),
        duration("timeout", 100ms, 5min, settings.timeout),
        {"rules", "a list of rules",
         [&](const YamlNode& node) -> std::optional<std::string> {
           if (node.kind != YamlNode::Kind::Sequence && node.kind != YamlNode::Kind::Null)
             return fmt::format("{}; a list of rules is expected", to_string(node.kind));
           rules = &node;
           return std::nullopt;
         }},
    };
    read_map(section.value, section.key + ".", fields);
    if (rules) read_rules(*rules, section.key + ".rules", settings.rules);
    check(section, settings);
    return settings;
  }

 private:
  void refuse(int line, const std::string& setting, std::string_view value, std::string problem,
              std::string accepted = {}, std::string nearest = {}) {
    errors_.push_back(ConfigError{setting, std::string(value), Origin{Origin::Kind::File, file_, line},
                                  std::move(problem), std::move(accepted), std::move(nearest)});
  }

  void read_map(const YamlNode& map, const std::string& prefix, const std::vector<Field>& fields) {
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      const YamlNode& key = map.children[i];
      const YamlNode& value = map.children[i + 1];
      const auto field =
          std::find_if(fields.begin(), fields.end(), [&](const Field& each) { return each.key == key.text; });
      if (field == fields.end()) {
        std::vector<std::string_view> names;
        for (const Field& each : fields) names.push_back(each.key);
        refuse(key.line, prefix + shown_value(key.text), {}, "no such setting", {},
               nearest_name(key.text, names).value_or(""));
        continue;
      }
      const auto reason = field->take(value);
      if (!reason) continue;
      const bool single_value = value.kind == YamlNode::Kind::Scalar;
      std::string shown = single_value ? shown_value(value.text) : std::string();
      // An URL with a user in it has a password there, too.
      if (single_value && (field->secret || shown.find('@') != std::string::npos)) shown = "<redacted>";
      // The reader of a file's path says what is wrong with the file, not with the path.
      const bool plain =
          !single_value || reason->starts_with("cannot be read") || reason->starts_with("holds");
      std::string problem = reason->empty() ? "is not valid" : plain ? *reason : "is not valid: " + *reason;
      refuse(value.line, prefix + std::string(field->key), shown, std::move(problem), field->accepted);
    }
  }

  void read_rules(const YamlNode& list, const std::string& name, std::vector<PrometheusRule>& rules) {
    if (list.children.size() > most_prometheus_rules)
      return refuse(list.line, name, {},
                    fmt::format("{} rules; at most {}", list.children.size(), most_prometheus_rules));
    std::vector<std::pair<std::string, int>> names;
    for (const YamlNode& item : list.children) {
      const std::string whole = fmt::format("{}[{}]", name, rules.size() + 1);
      PrometheusRule rule;
      if (item.kind != YamlNode::Kind::Map) {
        refuse(item.line, whole, {}, fmt::format("{}; a map is expected", to_string(item.kind)),
               "name, query, for, labels, container, action");
      } else {
        read_rule(item, whole, rule);
        const auto before = std::find_if(names.begin(), names.end(),
                                         [&](const auto& each) { return each.first == rule.name; });
        if (before == names.end())
          names.emplace_back(rule.name, item.line);
        else if (!rule.name.empty())
          refuse(item.line, whole + ".name", shown_value(rule.name),
                 fmt::format("is the name of the rule in line {}, too", before->second),
                 "one name for one rule");
      }
      rules.push_back(std::move(rule));
    }
  }

  void read_rule(const YamlNode& map, const std::string& name, PrometheusRule& rule) {
    bool query_said = false;
    const std::vector<Field> fields{
        text("name", "text of 1 to 60 bytes without control characters", is_rule_name, rule.name),
        single("query", std::string(promql_accepted),
               [&](std::string_view value) -> std::optional<std::string> {
                 query_said = true;
                 if (value.size() > longest_query)
                   return fmt::format("it is longer than {} bytes", longest_query);
                 auto read = read_promql_comparison(value);
                 if (!read) return std::move(read.error());
                 rule.query = value;
                 rule.expression = std::move(read->expression);
                 rule.comparison = read->comparison;
                 rule.number = read->number;
                 return std::nullopt;
               }),
        duration("for", Duration{0}, 24h, rule.hold_for),
        labels(rule.labels),
        text("container", "the name of one container", is_short_text, rule.container),
        single("action", "act or tell",
               [&](std::string_view value) {
                 rule.act = lower(value) == "act";
                 return unless(rule.act || lower(value) == "tell");
               }),
    };
    const std::size_t before = errors_.size();
    read_map(map, name + ".", fields);
    if (errors_.size() > before) return;
    if (rule.name.empty()) refuse(map.line, name + ".name", {}, "is missing", "a name of its own");
    if (!query_said) refuse(map.line, name + ".query", {}, "is missing", std::string(promql_accepted));
    if (!rule.container.empty() && !rule.labels.empty())
      refuse(map.line, name, {}, "has both container and labels", "one of them");
  }

  static const YamlNode* find(const YamlNode& map, std::string_view key) {
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2)
      if (map.children[i].text == key) return &map.children[i];
    return nullptr;
  }

  void check(const FileSection& section, PrometheusSettings& settings) {
    const auto both = [&](std::string_view one, std::string_view other) {
      const YamlNode* key = find(section.value, one);
      if (key && find(section.value, other))
        refuse(key->line, fmt::format("{}.{}", section.key, one), {},
               fmt::format("is given beside {}", other), "one of them");
    };
    both("bearer_token", "bearer_token_file");
    both("password", "password_file");
    both("username", "bearer_token");
    both("username", "bearer_token_file");
    if (!find(section.value, "url"))
      refuse(section.line, section.key + ".url", {}, "is missing",
             "an http:// or https:// URL with a host, such as http://prometheus:9090");
    const YamlNode* password = find(section.value, "password");
    if (!password) password = find(section.value, "password_file");
    if (password && !find(section.value, "username"))
      refuse(password->line, section.key + ".username", {}, "is missing: a password is given");
    if (settings.timeout == Duration{0})
      settings.timeout = std::min(PrometheusSettings{}.timeout, settings.interval);
    else if (settings.timeout > settings.interval)
      refuse(find(section.value, "timeout")->line, section.key + ".timeout",
             format_duration(settings.timeout),
             fmt::format("is above the interval of {}", format_duration(settings.interval)),
             "a duration not above it");
  }

  const std::string& file_;
  ConfigErrors& errors_;
};

}  // namespace

std::string_view prometheus_guide() {
  return R"(
### Rules of your own against Prometheus

`prometheus:` in the file names a Prometheus server and rules that healer asks it for. [signals.md](signals.md) shows the
whole way.

```yaml
prometheus:
  url: http://prometheus:9090
  interval: 15s
  rules:
    - name: HighErrorRate
      query: |
        sum by (container) (rate(app_requests_total{status=~"5.."}[1m]))
          / sum by (container) (rate(app_requests_total[1m])) > 0.05
      for: 2m
```

| key | default | accepted | meaning |
|---|---|---|---|
| `url` | required | an http:// or https:// URL with a host | The server. It may have a path, and names no user. |
| `bearer_token`, `bearer_token_file` | unset | a secret, or the path of a file that holds it | Sent as `Authorization: Bearer ...`. |
| `username`, `password`, `password_file` | unset | text; a secret, or the path of a file that holds it | Basic authentication. |
| `interval` | `15s` | 1s to 1h | How often every rule is evaluated. |
| `timeout` | `5s` | 100ms to 5m, not above the interval | Of one query. |
| `rules` | none | at most 200 | In this order; each has the keys below. |
| `rules: name` | required | 1 to 60 bytes, once each | What people are told. |
| `rules: query` | required | `EXPRESSION OP NUMBER` | PromQL whose top level compares with a number: `>`, `>=`, `<`, `<=`, `==`, `!=`. |
| `rules: for` | `0s` | 0s to 1d | It fires when it has been met so long. |
| `rules: labels` | those of all signals | label names, one or a list | The labels of a series that name its container. |
| `rules: container` | unset | a container's name | The rule is about this one, whatever labels a series has. |
| `rules: action` | `act` | act or tell | Heal, or only tell. |
)";
}

PrometheusSettings read_prometheus(const std::string& file, const FileSection& section,
                                   ConfigErrors& errors) {
  return Reader(file, errors).read(section);
}

}  // namespace healer
