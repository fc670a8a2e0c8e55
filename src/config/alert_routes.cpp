#include "config/alert_routes.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "config/maintenance.hpp"
#include "config/setting_kinds.hpp"
#include "config/url.hpp"

namespace healer {
namespace {

constexpr std::size_t longest_name = 100;
constexpr std::size_t most_names = 100;
constexpr std::string_view name_accepted = "text of 1 to 100 bytes without control characters";
constexpr std::array<std::string_view, 3> placeholders{"{incident}", "{workload}", "{host}"};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && printable(text) == text;
}

template <class Names>
std::string nearest_of(std::string_view seen, const Names& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return nearest_name(seen, views).value_or("");
}

std::optional<AlertKind> kind_named(std::string_view text) {
  for (const AlertKind kind :
       {AlertKind::Degraded, AlertKind::Recovered, AlertKind::Critical, AlertKind::Info})
    if (lower(text) == to_string(kind)) return kind;
  return std::nullopt;
}

/// A window for every minute of the week, whatever its zone: then nothing would ever be told.
bool leaves_no_time(const std::vector<MaintenanceWindow>& windows) {
  constexpr unsigned day = 24 * 60;
  std::vector<bool> quiet(std::size_t{7} * day);
  for (const MaintenanceWindow& window : windows) {
    const unsigned length = window.to_minute > window.from_minute
                                ? window.to_minute - window.from_minute
                                : window.to_minute + day - window.from_minute;
    for (unsigned weekday = 0; weekday < 7; ++weekday)
      if ((window.days >> weekday & 1) != 0)
        for (unsigned i = 0; i < length; ++i)
          quiet[(std::size_t{weekday} * day + window.from_minute + i) % quiet.size()] = true;
  }
  return std::find(quiet.begin(), quiet.end(), false) == quiet.end();
}

class Reader {
 public:
  Reader(const std::string& file, const std::vector<std::string>& channels, ConfigErrors& errors,
         std::vector<std::string>& warnings)
      : file_(file), channels_(channels), errors_(errors), warnings_(warnings) {}

  std::vector<AlertRoute> read(const FileSection& section) {
    std::vector<AlertRoute> routes;
    if (section.value.kind != YamlNode::Kind::Sequence) {
      refuse(section.value.line, "routes", {},
             fmt::format("{}; a list of routes is expected", to_string(section.value.kind)));
      return routes;
    }
    if (section.value.children.size() > most_routes) {
      refuse(section.line, "routes", {},
             fmt::format("{} routes; at most {}", section.value.children.size(), most_routes));
      return routes;
    }
    const std::size_t before = errors_.size();
    for (const YamlNode& item : section.value.children) {
      lines_.push_back(item.line);
      routes.push_back(read_route(item, fmt::format("routes[{}]", routes.size() + 1)));
    }
    if (errors_.size() == before) check(routes);
    if (errors_.size() == before) doubt(routes);
    return routes;
  }

 private:
  using Take = std::function<void(const YamlNode&, const std::string&)>;
  struct Field {
    std::string_view key;
    Take take;
  };

  void refuse(int line, const std::string& setting, std::string_view value, std::string problem,
              std::string_view accepted = {}, std::string nearest = {}) {
    errors_.push_back(ConfigError{setting, shown_value(value), Origin{Origin::Kind::File, file_, line},
                                  std::move(problem), std::string(accepted), std::move(nearest)});
  }

  void read_map(const YamlNode& map, const std::string& name, const std::vector<Field>& fields) {
    std::vector<std::string_view> names;
    for (const Field& each : fields) names.push_back(each.key);
    if (map.kind != YamlNode::Kind::Map)
      return refuse(map.line, name, {}, fmt::format("{}; a map is expected", to_string(map.kind)),
                    fmt::format("{}", fmt::join(names, ", ")));
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      const YamlNode& key = map.children[i];
      const auto field =
          std::find_if(fields.begin(), fields.end(), [&](const Field& each) { return each.key == key.text; });
      if (field == fields.end())
        refuse(key.line, fmt::format("{}.{}", name, shown_value(key.text)), {}, "no such setting", {},
               nearest_of(key.text, names));
      else
        field->take(map.children[i + 1], fmt::format("{}.{}", name, field->key));
    }
  }

  /// A field of a single value; `take` says whether it is one.
  Field single(std::string_view key, std::string accepted, std::function<bool(std::string_view)> take) {
    return {key, [this, accepted = std::move(accepted), take = std::move(take)](const YamlNode& node,
                                                                                const std::string& name) {
              if (node.kind != YamlNode::Kind::Scalar)
                refuse(node.line, name, {},
                       fmt::format("{}; a single value is expected", to_string(node.kind)), accepted);
              else if (!take(trim(node.text)))
                refuse(node.line, name, node.text, "is not valid", accepted);
            }};
  }

  Field duration(std::string_view key, Duration low, Duration high, std::function<void(Duration)> set) {
    return single(
        key, fmt::format("a duration from {}{}", kinds::duration_range(low, high), kinds::duration_examples),
        [low, high, set = std::move(set)](std::string_view text) {
          const auto read = kinds::read_duration(text, low, high);
          if (read) set(*read);
          return read.has_value();
        });
  }

  Field boolean(std::string_view key, bool& target) {
    return single(key, "true or false", [&target](std::string_view text) {
      const auto read = parse_bool(text);
      if (read) target = *read;
      return read.has_value();
    });
  }

  /// One name or a list of them; `take` is given each with its line.
  Field names(std::string_view key, std::string_view accepted,
              std::function<void(const YamlNode&, const std::string&, std::string)> take) {
    return {key, [this, accepted, take = std::move(take)](const YamlNode& node, const std::string& name) {
              const bool list = node.kind == YamlNode::Kind::Sequence;
              const std::vector<YamlNode> one{node};
              const std::vector<YamlNode>& items = list ? node.children : one;
              if (items.empty() || items.size() > most_names)
                return refuse(node.line, name, {}, fmt::format("{} names; 1 to {}", items.size(), most_names),
                              accepted);
              for (const YamlNode& item : items) {
                std::string text(trim(item.text));
                if (item.kind != YamlNode::Kind::Scalar || !is_name(text))
                  refuse(item.line, name, item.text, "is not valid", accepted);
                else
                  take(item, name, std::move(text));
              }
            }};
  }

  Field plain_names(std::string_view key, std::string_view accepted, std::vector<std::string>& target) {
    return names(key, accepted, [&target](const YamlNode&, const std::string&, std::string text) {
      target.push_back(std::move(text));
    });
  }

  AlertMatch read_match(const YamlNode& node, const std::string& name) {
    AlertMatch match;
    constexpr std::string_view kinds = "degraded, recovered, critical and info";
    const std::vector<Field> fields{
        names("kinds", kinds,
              [&](const YamlNode& item, const std::string& field, std::string text) {
                if (const auto kind = kind_named(text))
                  match.kinds.push_back(*kind);
                else
                  refuse(item.line, field, text, "is no kind of alert", kinds,
                         nearest_of(text, std::array<std::string_view, 4>{"degraded", "recovered", "critical",
                                                                          "info"}));
              }),
        plain_names("workloads", "names of containers, with * and ? in them", match.workloads),
        plain_names("projects", "names of compose projects, with * and ? in them", match.projects),
        names("labels", alert_name_accepted,
              [&](const YamlNode& item, const std::string& field, std::string text) {
                if (!is_alert_name(text) || lower(text) == "none")
                  refuse(item.line, field, text, "is no value of the label healer.alert",
                         "1 to 100 of letters, digits, '_', '.' and '-', but not none");
                else
                  match.labels.push_back(std::move(text));
              }),
    };
    read_map(node, name, fields);
    return match;
  }

  AlertRoute read_route(const YamlNode& node, const std::string& name) {
    AlertRoute route;
    const std::vector<Field> fields{
        single("name", std::string(name_accepted),
               [&](std::string_view text) {
                 if (is_name(text)) route.name = text;
                 return is_name(text);
               }),
        {"match",
         [&](const YamlNode& value, const std::string& field) { route.match = read_match(value, field); }},
        names("channels", "names of channels",
              [&](const YamlNode& item, const std::string& field, std::string text) {
                if (std::find(channels_.begin(), channels_.end(), text) == channels_.end())
                  refuse(item.line, field, text, "is no channel that is configured",
                         channels_.empty() ? std::string("none is: see the settings of channels")
                                           : fmt::format("{}", fmt::join(channels_, ", ")),
                         nearest_of(text, channels_));
                else if (std::find(route.channels.begin(), route.channels.end(), text) ==
                         route.channels.end())
                  route.channels.push_back(std::move(text));
              }),
        duration("remind_every", Duration{0}, 30 * 24h, [&](Duration read) { route.remind_every = read; }),
        duration("escalate_after", 1s, 30 * 24h, [&](Duration read) { route.escalate_after = read; }),
        single("escalate_to", "the name of another route",
               [&](std::string_view text) {
                 route.escalate_to = text;
                 return is_name(text);
               }),
        {"quiet", [&](const YamlNode& value, const std::string& field) { read_quiet(value, field, route); }},
        boolean("go_on", route.go_on),
        boolean("only_escalated", route.only_escalated),
    };
    const std::size_t before = errors_.size();
    read_map(node, name, fields);
    if (errors_.size() > before) return route;
    if (route.name.empty()) refuse(node.line, name + ".name", {}, "is missing", name_accepted);
    if (route.channels.empty()) refuse(node.line, name + ".channels", {}, "is missing", "names of channels");
    if (route.only_escalated && route.match != AlertMatch{})
      refuse(node.line, name, {}, "has a match, and only_escalated: it takes no alert by itself",
             "one of them");
    return route;
  }

  void read_quiet(const YamlNode& node, const std::string& name, AlertRoute& route) {
    std::string text = node.text;
    if (node.kind == YamlNode::Kind::Sequence) {
      text.clear();
      for (const YamlNode& item : node.children) text += (text.empty() ? "" : ";") + item.text;
    } else if (node.kind != YamlNode::Kind::Scalar) {
      return refuse(node.line, name, {}, fmt::format("{}; windows are expected", to_string(node.kind)),
                    maintenance_accepted);
    }
    std::vector<MaintenanceWindow> windows;
    if (const Applied read = read_quiet_hours(trim(text), windows); read)
      route.quiet = std::move(windows);
    else
      refuse(node.line, name, text, refusal(read), maintenance_accepted, read.nearest);
  }

  const AlertRoute* named(const std::vector<AlertRoute>& routes, const std::string& name) const {
    for (const AlertRoute& route : routes)
      if (route.name == name) return &route;
    return nullptr;
  }

  /// What routes say of each other.
  void check(const std::vector<AlertRoute>& routes) {
    std::vector<std::string> route_names;
    for (const AlertRoute& route : routes) route_names.push_back(route.name);
    for (std::size_t i = 0; i < routes.size(); ++i) {
      const AlertRoute& route = routes[i];
      const std::string name = fmt::format("routes[{}]", i + 1);
      for (std::size_t k = 0; k < i; ++k)
        if (routes[k].name == route.name)
          refuse(lines_[i], name + ".name", route.name,
                 fmt::format("is the name of the route in line {}, too", lines_[k]),
                 "one name for one route");
      if (route.escalate_to.empty() && route.escalate_after > Duration{0})
        refuse(lines_[i], name + ".escalate_to", {}, "is missing: escalate_after is given",
               "the name of another route");
      if (route.escalate_to.empty()) continue;
      if (route.escalate_after == Duration{0})
        refuse(lines_[i], name + ".escalate_after", {}, "is missing: escalate_to is given",
               "a duration such as 15m");
      if (named(routes, route.escalate_to) == nullptr)
        refuse(lines_[i], name + ".escalate_to", route.escalate_to, "is no route",
               fmt::format("{}", fmt::join(route_names, ", ")), nearest_of(route.escalate_to, route_names));
      else
        refuse_cycle(routes, i);
    }
  }

  /// Told once, at the first route of it.
  void refuse_cycle(const std::vector<AlertRoute>& routes, std::size_t first) {
    std::string path = routes[first].name;
    const AlertRoute* at = &routes[first];
    for (std::size_t steps = 0; steps <= routes.size(); ++steps) {
      at = named(routes, at->escalate_to);
      if (at == nullptr) return;
      if (at < &routes[first]) return;  // told there, or no cycle through this one
      path += " -> " + at->name;
      if (at == &routes[first])
        return refuse(lines_[first], fmt::format("routes[{}].escalate_to", first + 1),
                      routes[first].escalate_to, "escalates in a circle: " + path, "a route that ends it");
    }
  }

  void doubt(const std::vector<AlertRoute>& routes) {
    const AlertRoute* taker = nullptr;
    std::set<std::string> targets;
    for (const AlertRoute& route : routes) targets.insert(route.escalate_to);
    for (const AlertRoute& route : routes) {
      if (taker != nullptr && !route.only_escalated)
        warnings_.push_back(fmt::format("{}: route {} is never reached: {} before it takes every alert",
                                        file_, route.name, taker->name));
      if (route.only_escalated && targets.count(route.name) == 0)
        warnings_.push_back(fmt::format("{}: route {} is only escalated to, and no route escalates to it",
                                        file_, route.name));
      if (!route.only_escalated && !route.go_on && route.match == AlertMatch{}) taker = &route;
    }
    const bool all = std::any_of(routes.begin(), routes.end(), [](const AlertRoute& route) {
      return !route.only_escalated && route.match == AlertMatch{};
    });
    if (!all && !routes.empty())
      warnings_.push_back(fmt::format(
          "{}: no route takes every alert; what none of them takes goes to every channel", file_));
  }

  const std::string& file_;
  const std::vector<std::string>& channels_;
  ConfigErrors& errors_;
  std::vector<std::string>& warnings_;
  std::vector<int> lines_;
};

}  // namespace

Applied read_quiet_hours(std::string_view text, std::vector<MaintenanceWindow>& windows) {
  std::vector<MaintenanceWindow> read;
  Applied applied = read_maintenance(text, read);
  if (!applied) return applied;
  if (!read.empty() && leaves_no_time(read))
    return Applied::refused("they leave no time in which anything is told");
  windows = std::move(read);
  return true;
}

bool is_alert_link(std::string_view text) {
  if (text.size() > 2000 || printable(text) != text) return false;
  std::string filled;
  for (std::size_t at = 0; at < text.size();) {
    const auto found = std::find_if(placeholders.begin(), placeholders.end(), [&](std::string_view place) {
      return text.substr(at).starts_with(place);
    });
    if (found != placeholders.end()) {
      filled += "1";
      at += found->size();
    } else if (text[at] == '{' || text[at] == '}') {
      return false;
    } else {
      filled += text[at++];
    }
  }
  return is_http_url(filled);
}

std::vector<AlertRoute> read_routes(const std::string& file, const FileSection& section,
                                    const std::vector<std::string>& channels, ConfigErrors& errors,
                                    std::vector<std::string>& warnings) {
  return Reader(file, channels, errors, warnings).read(section);
}

std::vector<std::string> channel_names(const DaemonSettings& settings) {
  std::vector<std::string> names;
  for (const ChannelSettings& channel : settings.channels) names.push_back(channel.name);
  if (!settings.compat.webhook.empty()) names.emplace_back("webhook");
  if (!settings.compat.apprise.empty()) names.emplace_back("apprise");
  return names;
}

AlertNames::AlertNames(const DaemonSettings& settings) : names_(channel_names(settings)) {
  for (const AlertRoute& route : settings.routing.routes)
    for (const std::string& label : route.match.labels)
      if (!has(label)) names_.push_back(label);
}

bool AlertNames::has(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

std::string AlertNames::refusal() const {
  return fmt::format("no channel and no label that a route asks for is called so{}{}",
                     names_.empty() ? "" : "; there are ", fmt::join(names_, ", "));
}

std::string AlertNames::nearest(std::string_view name) const {
  std::vector<std::string_view> candidates(names_.begin(), names_.end());
  candidates.emplace_back("none");
  return nearest_name(name, candidates).value_or("");
}

bool is_alert_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

std::string_view routes_guide() {
  return R"(
### Routes of alerts

`routes:` in the file says which channels an alert goes to, and with what restraint. The first route that fits takes it.
Without routes every alert goes to every channel. [alerts.md](alerts.md) shows examples.

```yaml
routes:
  - name: on-call
    match:
      kinds: [critical]
    channels: [pagerduty]
    escalate_after: 15m
    escalate_to: boss
    go_on: true
  - name: shop
    match:
      projects: [shop]
      workloads: [web-*, api]
    channels: [slack]
    quiet: daily 22:00-07:00 Europe/Berlin
  - name: boss
    channels: [email]
    only_escalated: true
  - name: rest
    channels: [slack]
```

| key | default | accepted | meaning |
|---|---|---|---|
| `name` | required | 1 to 100 bytes, once each | For `escalate_to`, and for the log. |
| `match: kinds` | all | degraded, recovered, critical, info | A recovery goes to whoever was told of the illness; name it to send it elsewhere as well. |
| `match: workloads` | all | names of containers; `*` is any text, `?` one character | |
| `match: projects` | all | names of compose projects; the same | |
| `match: labels` | all | values of the label `healer.alert` | |
| `channels` | required | names of channels | |
| `remind_every` | `alert_remind_every` | 0s to 30d; 0 is never | While an incident is open and nobody has acknowledged it. |
| `escalate_after` | never | 1s to 30d | Unacknowledged so long, the route `escalate_to` is told, once. |
| `escalate_to` | none | a route's name | |
| `quiet` | `alert_quiet_hours` | as `maintenance`, or off | Hold all but critical alerts until their end. |
| `go_on` | `false` | true or false | The routes after it are asked, too. |
| `only_escalated` | `false` | true or false | It takes no alert by itself. |
)";
}

}  // namespace healer
