#include "config/notification_routes.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/maintenance.hpp"
#include "config/setting_kinds.hpp"
#include "config/setting_reader.hpp"
#include "config/url.hpp"

namespace healer {
namespace {

constexpr std::array<std::string_view, 3> placeholders{"{incident}", "{workload}", "{host}"};

template <class Names>
std::string nearest_of(std::string_view seen, const Names& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return nearest_name(seen, views).value_or("");
}

using namespace kinds;  // NOLINT: the tables below are these names

using Names = std::vector<std::string>;

Kind<Names> names(std::string accepted) {
  return list_of(text(std::move(accepted), is_line<100>));
}

Kind<Names> labels() {
  return list_of(text("1 to 100 of letters, digits, '_', '.' and '-', but not none",
                      [](auto text) { return is_notification_name(text) && lower(text) != "none"; }));
}

Kind<Names> channel_kind(const Names& channels) {
  KindInfo info{"names",
                channels.empty() ? std::string("none is: see the settings of channels")
                                 : fmt::format("{}", fmt::join(channels, ", ")),
                "names of channels"};
  return list_of(special<std::string>(
      std::move(info),
      [channels](std::string& target, std::string_view text) -> Applied {
        if (std::find(channels.begin(), channels.end(), text) == channels.end())
          return Applied::refused("it is no channel that is configured", nearest_of(text, channels));
        target = text;
        return true;
      },
      [](const std::string& name) { return name; }));
}

/// Whether the windows cover every minute of the week, zones ignored: then no notification would be sent.
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

/// Checks routes against each other.
class RouteCheck {
 public:
  RouteCheck(const ObjectPlace& at, std::vector<int> lines, SettingReader& reader)
      : at_(at), lines_(std::move(lines)), reader_(reader) {}

  void check(const std::vector<NotificationRoute>& routes) {
    std::vector<std::string> route_names;
    for (const NotificationRoute& route : routes) route_names.push_back(route.name);
    for (std::size_t i = 0; i < routes.size(); ++i) {
      const NotificationRoute& route = routes[i];
      if (route.escalate_to.empty() && route.escalate_after > Duration{0})
        refuse(i, ".escalate_to", {}, "is missing: escalate_after is given", "the name of another route");
      if (route.escalate_to.empty()) continue;
      if (route.escalate_after == Duration{0})
        refuse(i, ".escalate_after", {}, "is missing: escalate_to is given", "a duration such as 15m");
      if (named(routes, route.escalate_to) == nullptr)
        refuse(i, ".escalate_to", route.escalate_to, "is no route",
               fmt::format("{}", fmt::join(route_names, ", ")), nearest_of(route.escalate_to, route_names));
      else
        refuse_cycle(routes, i);
    }
  }

  /// Reports a cycle once, at its first route.
  void refuse_cycle(const std::vector<NotificationRoute>& routes, std::size_t first) {
    std::string path = routes[first].name;
    const NotificationRoute* at = &routes[first];
    for (std::size_t steps = 0; steps <= routes.size(); ++steps) {
      at = named(routes, at->escalate_to);
      if (at == nullptr) return;
      if (at < &routes[first]) return;  // that route reports it, or `first` is in no cycle
      path += " -> " + at->name;
      if (at == &routes[first])
        return refuse(first, ".escalate_to", routes[first].escalate_to, "escalates in a circle: " + path,
                      "a route that ends it");
    }
  }

  void doubt(const std::vector<NotificationRoute>& routes) {
    const NotificationRoute* taker = nullptr;
    std::set<std::string> targets;
    for (const NotificationRoute& route : routes) targets.insert(route.escalate_to);
    for (const NotificationRoute& route : routes) {
      if (taker != nullptr && !route.only_escalated)
        reader_.warn(fmt::format("{}: route {} is never reached: {} before it takes every notification",
                                 at_.file, route.name, taker->name));
      if (route.only_escalated && targets.count(route.name) == 0)
        reader_.warn(fmt::format("{}: route {} is only escalated to, and no route escalates to it", at_.file,
                                 route.name));
      if (!route.only_escalated && !route.go_on && route.match == NotificationMatch{}) taker = &route;
    }
    const bool all = std::any_of(routes.begin(), routes.end(), [](const NotificationRoute& route) {
      return !route.only_escalated && route.match == NotificationMatch{};
    });
    if (!all && !routes.empty())
      reader_.warn(fmt::format(
          "{}: no route takes every notification; what none of them takes goes to every channel", at_.file));
  }

 private:
  const NotificationRoute* named(const std::vector<NotificationRoute>& routes,
                                 const std::string& name) const {
    for (const NotificationRoute& route : routes)
      if (route.name == name) return &route;
    return nullptr;
  }

  void refuse(std::size_t route, const char* key, const std::string& value, std::string problem,
              std::string accepted, std::string nearest = {}) {
    reader_.refuse({Origin::Kind::File, at_.file, lines_[route]},
                   fmt::format("{}[{}]{}", at_.name, route + 1, key), shown_value(value), std::move(problem),
                   std::move(accepted), std::move(nearest));
  }

  const ObjectPlace& at_;
  const std::vector<int> lines_;
  SettingReader& reader_;
};

}  // namespace

Applied read_quiet_hours(std::string_view text, std::vector<MaintenanceWindow>& windows) {
  std::vector<MaintenanceWindow> read;
  Applied applied = read_maintenance(text, read);
  if (!applied) return applied;
  if (!read.empty() && leaves_no_time(read)) return Applied::refused("they leave no time for notifications");
  windows = std::move(read);
  return true;
}

bool is_notification_link(std::string_view text) {
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

Table<NotificationMatch> match_settings() {
  using Match = NotificationMatch;
  return {
      {"kinds",
       {},
       &Match::kinds,
       list_of(choice<NotificationKind>()),
       "A recovery goes to the channels that were notified of the incident; name `recovered` to send it to "
       "this route, too. Unset, all."},
      {"workloads",
       {},
       &Match::workloads,
       names("names of containers, with * and ? in them"),
       "`*` is any text, `?` one character. Unset, all."},
      {"projects",
       {},
       &Match::projects,
       names("names of compose projects, with * and ? in them"),
       "As `workloads`, for compose projects. Unset, all."},
      {"labels", {}, &Match::labels, labels(), "Values of the label `healer.notify`. Unset, all."},
  };
}

Table<NotificationRoute> route_settings(const Names& channels) {
  using Route = NotificationRoute;
  return {
      {"name",
       {},
       &Route::name,
       text("text of 1 to 100 bytes without control characters", is_line<100>),
       "For `escalate_to`, and for the log. Each route has its own.",
       Traits{.required = true}},
      object("match", &Route::match, match_settings(), "Which notifications the route takes. Unset, all."),
      {"channels",
       {},
       &Route::channels,
       channel_kind(channels),
       "Names of channels.",
       Traits{.required = true}},
      {"remind_every",
       {},
       &Route::remind_every,
       if_set(duration(Duration{0}, 30 * 24h)),
       "Time between two reminders of an open incident that nobody has acknowledged; 0 is never. Unset, as "
       "`notification_remind_every`."},
      {"escalate_after",
       {},
       &Route::escalate_after,
       duration(1s, 30 * 24h),
       "After this time without an acknowledgement, the route `escalate_to` is notified once; `0s` is "
       "never."},
      {"escalate_to",
       {},
       &Route::escalate_to,
       text("the name of another route", is_line<100>),
       "The route that an escalation goes to."},
      {"quiet",
       {},
       &Route::quiet,
       if_set(windows(read_quiet_hours)),
       "Times of the week that hold all but critical notifications until their end. Unset, as "
       "`notification_quiet_hours`."},
      {"go_on",
       {},
       &Route::go_on,
       boolean(),
       "Whether the routes after this one may take the notification, too."},
      {"only_escalated", {}, &Route::only_escalated, boolean(), "The route gets only escalations."},
  };
}

std::vector<NotificationRoute> read_routes(const ObjectPlace& at, const Names& channels,
                                           SettingReader& reader) {
  std::vector<NotificationRoute> routes;
  const std::size_t before = reader.errors();
  const auto check = [&](const NotificationRoute& route, const ObjectPlace& place) {
    if (route.only_escalated && route.match != NotificationMatch{})
      reader.refuse(place, "", "has a match, and only_escalated: it takes no notification by itself",
                    "one of them");
  };
  std::vector<int> lines =
      reader.read_objects(at, "route", most_routes, route_settings(channels), routes, check);
  RouteCheck between(at, std::move(lines), reader);
  if (reader.errors() == before) between.check(routes);
  if (reader.errors() == before) between.doubt(routes);
  return routes;
}

std::vector<std::string> channel_names(const DaemonSettings& settings) {
  std::vector<std::string> names;
  for (const ChannelSettings& channel : settings.channels) names.push_back(channel.name);
  if (!settings.compat.webhook.empty()) names.emplace_back("webhook");
  if (!settings.compat.apprise.empty()) names.emplace_back("apprise");
  return names;
}

NotificationNames::NotificationNames(const DaemonSettings& settings) : names_(channel_names(settings)) {
  for (const NotificationRoute& route : settings.routing.routes)
    for (const std::string& label : route.match.labels)
      if (!has(label)) names_.push_back(label);
}

bool NotificationNames::has(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

std::string NotificationNames::refusal() const {
  return fmt::format("no channel and no label that a route asks for is called so{}{}",
                     names_.empty() ? "" : "; there are ", fmt::join(names_, ", "));
}

std::string NotificationNames::nearest(std::string_view name) const {
  std::vector<std::string_view> candidates(names_.begin(), names_.end());
  candidates.emplace_back("none");
  return nearest_name(name, candidates).value_or("");
}

bool is_notification_name(std::string_view text) {
  return is_word(text, 100, "_.-");
}

}  // namespace healer
