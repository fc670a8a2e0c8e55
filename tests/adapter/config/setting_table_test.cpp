// Each row of the tables sets no member but those it names, and the rows together set every member.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "adapter/config/samples.hpp"
#include "config/channel_settings.hpp"
#include "config/label_limit_settings.hpp"
#include "config/load.hpp"
#include "config/notification_routes.hpp"
#include "config/prometheus_rules.hpp"
#include "model/describe.hpp"

namespace healer {
namespace {

/// The names of members, by their address.
using Places = std::map<const void*, std::string>;

/// Structs whose members are settings themselves.
template <class T, class... Groups>
constexpr bool is_one_of = (std::is_same_v<T, Groups> || ...);
template <class T>
constexpr bool is_group = is_one_of<T, ProbeSpec, RetryPolicy, AlertPolicy, NotifyPolicy, DependencyPolicy,
                                    HostPolicy, NotificationRouting, DockerConnection, AlertIntakeSettings,
                                    HookCommandSettings, RecordingSettings>;

/// The members of `target` that differ from those of `other`; without `other`, all members.
template <class T>
Places members_of(const T& target, const T* other = nullptr, const std::string& prefix = {}) {
  Places places;
  for_each_member_of<T>([&](auto member) {
    const auto& value = target.*member.pointer;
    const auto* before = other ? &(other->*member.pointer) : nullptr;
    const std::string name = prefix + std::string(member.cpp_name);
    if constexpr (is_group<typename decltype(member)::Type>)
      places.merge(members_of(value, before, name + "."));
    else if (!before || !(value == *before))
      places.emplace(&value, name);
  });
  return places;
}

template <class T>
Places changed(const T& target, const T& from) {
  return members_of(target, &from);
}

template <class T>
std::set<const void*> named_by(const Setting<T>& row, const T& target) {
  const auto places = row.sets.places(target);
  return {places.begin(), places.end()};
}

/// At least one member, and the row names each of them.
void check_named(const Places& places, const std::set<const void*>& named) {
  CHECK_FALSE(places.empty());
  for (const auto& each : places) CHECK_MESSAGE(named.contains(each.first), each.second);
}

/// Applies every row with a value other than its default.
template <class T>
void check_rows(const Table<T>& table) {
  for (const Setting<T>& row : table) {
    const std::string text = testing::sample(row.info);
    CAPTURE(std::string(row.info.key));
    CAPTURE(text);
    T target;
    REQUIRE(row.apply(target, text));
    check_named(changed(target, T{}), named_by(row, target));
    CHECK_FALSE(row.sets.equal(target, T{}));
    T copy;
    row.sets.copy(copy, target);
    CHECK(copy == target);
  }
}

/// A row names every member except those in `no_setting`, each of which has its reason beside it.
template <class T>
void check_cover(const Table<T>& table, const T& target, const std::vector<const void*>& no_setting) {
  Places left = members_of(target);
  for (const void* place : no_setting) {
    CHECK(left.contains(place));
    left.erase(place);
  }
  for (const Setting<T>& row : table)
    for (const void* place : named_by(row, target)) left.erase(place);
  for (const auto& each : left) FAIL_CHECK(each.second, ": no setting sets it");
}

TEST_CASE("each workload setting changes the members it names, and no other") {
  check_rows(workload_settings());
}

TEST_CASE("each daemon setting changes the members it names, and no other") {
  check_rows(daemon_settings());
}

TEST_CASE("the settings of a workload cover Policy") {
  const Policy policy;
  check_cover(workload_settings(), policy,
              {
                  &policy.selection,        // opt-in labels
                  &policy.unnamed_probe,    // whether a label of the unnamed probe is there
                  &policy.named_probes,     // made by labels only
                  &policy.heal_exits,       // another tool's label opts in
                  &policy.verdict_periods,  // the label of the failure threshold
              });
}

TEST_CASE("the settings of the daemon cover DaemonSettings and HostPolicy") {
  const DaemonSettings daemon;
  check_cover(daemon_settings(), daemon,
              {
                  &daemon.channels,           // tables of their own
                  &daemon.prometheus,         // a table of its own
                  &daemon.webhooks,           // a table of its own
                  &daemon.limits,             // a table of its own
                  &daemon.routing.routes,     // a table of its own
                  &daemon.host.connectivity,  // host_policy(): the control URL, once its name is resolved
                  &daemon.host.connectivity_text,  // the same, as text
                  &daemon.host.hook_limit,         // host_policy(): from hook_before and hook_timeout
                  &daemon.host.channels,           // the outbox gives the channels
                  &daemon.host.slot_limit,         // twice the default verify_limit
                  &daemon.host.routing,            // host_policy(): a copy of `routing`
              });
}

TEST_CASE("the settings of routes, matches and rules cover their structs") {
  check_cover(label_limit_settings(), LabelLimits{}, {});
  check_cover(route_settings({}), NotificationRoute{}, {});
  check_cover(match_settings(), NotificationMatch{}, {});
  check_cover(prometheus_settings(), PrometheusSettings{}, {});
  check_cover(prometheus_rule_settings(), PrometheusRule{}, {});
}

TEST_CASE("each setting of a channel changes the member it names, and together they cover the type") {
  for (const ChannelType& type : channel_types()) {
    CAPTURE(std::string(type.name));
    std::visit(
        [&](const auto& blank) {
          using Target = std::decay_t<decltype(blank)>;
          ChannelSettings settings = type.blank;
          Places left = members_of(std::get<Target>(settings.target));
          left.merge(
              Places{{&settings.timeout, "timeout"}, {&settings.gap, "gap"}, {&settings.ca_file, "ca_file"}});
          for (const Setting<ChannelSettings>& row : type.settings) {
            CAPTURE(std::string(row.info.key));
            settings = type.blank;
            REQUIRE(row.apply(settings, testing::sample(row.info)));
            Places places = changed(std::get<Target>(settings.target), blank);
            if (settings.timeout != type.blank.timeout) places.emplace(&settings.timeout, "timeout");
            if (settings.gap != type.blank.gap) places.emplace(&settings.gap, "gap");
            if (settings.ca_file != type.blank.ca_file) places.emplace(&settings.ca_file, "ca_file");
            check_named(places, named_by(row, settings));
            for (const auto& [place, member] : places) left.erase(place);
          }
          for (const auto& each : left) FAIL_CHECK(each.second, ": no setting sets it");
        },
        type.blank.target);
  }
}

/// The settings with one variable set and everything else at its default.
Settings loaded_by(const SettingInfo& info) {
  Environment environment{{info.env, testing::sample(info)}};
  auto settings = load_from(environment, {}, {});
  if (!settings)
    for (const ConfigError& error : settings.error()) MESSAGE(describe(error));
  REQUIRE(settings);
  return std::move(*settings);
}

template <class T>
void check_variables(const Table<T>& table, T Settings::*target) {
  for (const Setting<T>& row : table) {
    CAPTURE(row.info.env);
    const Settings settings = loaded_by(row.info);
    CHECK_FALSE(row.sets.equal(settings.*target, T{}));
    const auto listed = std::find_if(settings.effective.begin(), settings.effective.end(),
                                     [&](const EffectiveSetting& each) { return each.info == &row.info; });
    REQUIRE(listed != settings.effective.end());
    CHECK(to_string(listed->origin) == "environment " + row.info.env);
  }
}

TEST_CASE("each variable sets the struct that its part uses, and is listed with its origin") {
  check_variables(workload_settings(), &Settings::defaults);
  check_variables(daemon_settings(), &Settings::daemon);
}

TEST_CASE("a reload applies each new value, or lists the settings that need a restart") {
  for (const Setting<DaemonSettings>& row : daemon_settings()) {
    CAPTURE(std::string(row.info.key));
    DaemonSettings after;
    REQUIRE(row.apply(after, testing::sample(row.info)));
    DaemonSettings now;
    const auto kept = take_reloadable(now, after);
    if (row.info.after_restart) {
      CHECK(kept == std::vector<std::string_view>{row.info.key});
      CHECK(now == DaemonSettings{});
    } else {
      CHECK(kept.empty());
      CHECK(now == after);
    }
  }
}

TEST_CASE("a reload applies the file's objects, even beside a setting that needs a restart") {
  DaemonSettings after;
  after.channels.emplace_back().target = SlackWebhookChannel{Secret("https://x/")};
  after.prometheus.url = "http://p:9090";
  after.routing.routes.emplace_back().name = "all";
  DaemonSettings wanted = after;
  after.listen.reset();
  DaemonSettings now;
  CHECK(take_reloadable(now, after) == std::vector<std::string_view>{"listen"});
  CHECK(now == wanted);
}

}  // namespace
}  // namespace healer
