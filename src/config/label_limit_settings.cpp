#include "config/label_limit_settings.hpp"

#include "config/probe_labels.hpp"
#include "config/setting_kinds.hpp"

namespace healer {

Table<LabelLimits> label_limit_settings() {
  using namespace kinds;  // NOLINT: the table below is these names
  using Limits = LabelLimits;
  constexpr Duration day = 24h;
  return {
      {"interval", {}, &Limits::interval, duration(100ms, day), "The shortest `interval`."},
      {"timeout", {}, &Limits::timeout, duration(10ms, day), "The longest `timeout`."},
      {"start_period", {}, &Limits::start_period, duration(0s, day), "The longest `start_period`."},
      {"verify_limit",
       {},
       &Limits::verify_limit,
       if_set(duration(1s, day)),
       "The longest `verify_limit`. Unset, the default that the operator sets, else 15 minutes."},
      {"stop_timeout", {}, &Limits::stop_timeout, duration(0s, 1h), "The longest `stop_timeout`."},
      {"failure_threshold",
       {},
       &Limits::failure_threshold,
       number(1, 1000),
       "The highest `failure_threshold`."},
      {"success_threshold",
       {},
       &Limits::success_threshold,
       number(1, 1000),
       "The highest `success_threshold`."},
      {"attempts",
       {},
       &Limits::attempts,
       if_set(number(1, 1000)),
       "The most attempts of a `budget`. Unset, those of the `budget` that the operator sets, else 20."},
      {"attempts_window",
       {},
       &Limits::attempts_window,
       if_set(duration(1s, 7 * day)),
       "The shortest time of a `budget`. Unset, that of the `budget` that the operator sets, else 10 "
       "minutes."},
      {"notification_cooldown",
       {},
       &Limits::notification_cooldown,
       duration(0s, day),
       "The shortest `notification_cooldown`."},
      {"probes", {}, &Limits::probes, number(0, most_named_probes), "The most named probes."},
      {"exec_rate",
       {},
       &Limits::exec_rate,
       number(1, 10'000),
       "The most commands of checks that healer begins in a second, for all containers together. Above it "
       "they "
       "wait, and the containers take turns."},
      {"check_rate",
       {},
       &Limits::check_rate,
       number(1, 1'000'000),
       "The most checks by address that healer begins in a second, likewise."},
      {"remedies",
       {},
       &Limits::remedies,
       list_of(choice<RemedyKind>()),
       "The remedies that a label may choose. Unset, every one."},
  };
}

LabelLimits read_label_limits(const ObjectPlace& at, SettingReader& reader) {
  LabelLimits limits;
  if (at.value.kind != YamlNode::Kind::Null) reader.read_object(at, label_limit_settings(), limits);
  return limits;
}

}  // namespace healer
