#include "config/policy_resolver.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/compat.hpp"
#include "config/ladder.hpp"
#include "config/probe_labels.hpp"
#include "config/setting.hpp"

namespace healer {
namespace {

constexpr std::string_view prefix = "healer.";
/// The project's tests mark containers with this label, to remove them later; it configures nothing.
constexpr std::string_view test_mark = "healer.test";

bool is_opt_in(std::string_view label) {
  return std::find(std::begin(opt_in_labels), std::end(opt_in_labels), label) != std::end(opt_in_labels);
}

/// Whether it is a label of healer, or differs from one only in case ("Healer.Port", "Monitored").
bool is_relevant(const std::string& label) {
  if (label == test_mark) return false;
  if (label.size() == std::string_view("monitored").size()) return lower(label) == "monitored";
  return label.size() >= prefix.size() && lower(label.substr(0, prefix.size())) == prefix;
}

/// Keys are equal if and only if the relevant labels are: lengths keep "ab"+"c" and "a"+"bc" apart.
std::string cache_key(const Labels& labels, const CompatLabels& theirs) {
  std::string key;
  for (const auto& [label, value] : labels) {
    if (!is_relevant(label) && !theirs.reads(label)) continue;
    for (const std::string* part : {&label, &value}) {
      key += std::to_string(part->size());
      key += ':';
      key += *part;
    }
  }
  return key;
}

/// The problem holds no value: the label may be a misspelt one that holds a secret.
LabelProblem unknown_label(const std::string& label) {
  constexpr std::string_view slip = "healer.probe.";
  const std::string nearest = label.starts_with(slip)
                                  ? std::string(named_probe_prefix) + label.substr(slip.size())
                                  : suggest_name(NameKind::Label, label);
  std::string message = "no such label";
  if (!nearest.empty()) message += "; did you mean '" + shown_value(nearest) + "'?";
  return LabelProblem{shown_value(label), "", std::move(message)};
}

const Setting<Policy>* setting_of(const std::string& label) {
  for (const Setting<Policy>& setting : workload_settings())
    if (setting.info.label == label) return &setting;
  return nullptr;
}

/// Applies a container's labels to the defaults.
class LabelReader {
 public:
  LabelReader(const Labels& labels, Policy defaults, const LabelRules& rules)
      : policy(defaults),
        theirs(rules.compat),
        rules_(rules),
        labels_(labels),
        defaults_(std::move(defaults)),
        probes(defaults_, problems) {
    read_theirs();
    for (const auto& [label, value] : labels)
      if (is_relevant(label)) read(label, value);
    if (theirs.opted_in() && !opted_in_) as_theirs();
    probes.finish(policy);
    if (rules_.trust == LabelTrust::Limited) keep_within_limits();
    // Opting out wins over opting in: when two labels disagree, healer does not act.
    if (opted_out_ || theirs.opted_out())
      policy.selection = Selection::OptedOut;
    else if (opted_in_ || theirs.opted_in())
      policy.selection = Selection::OptedIn;
  }
  LabelReader(const LabelReader&) = delete;
  LabelReader& operator=(const LabelReader&) = delete;

  Policy policy;
  std::vector<LabelProblem> problems;
  CompatLabels theirs;
  bool asked_as_theirs = false;                 ///< the probe is the HEALTHCHECK, as in the other tool
  std::vector<const Setting<Policy>*> applied;  ///< by healer's labels, in the labels' order

 private:
  void read_theirs() {
    if (rules_.trust != LabelTrust::OptInOnly) return theirs.read(labels_, policy, problems);
    Policy unused = policy;
    theirs.read(labels_, unused, problems);
    for (const auto& [setting, label] : theirs.applied()) not_read(label);
  }

  /// The value is not shown: what is not read may be anything.
  void not_read(const std::string& label) {
    problems.push_back(LabelProblem{shown_value(label), "",
                                    "is not read: label_trust is opt_in_only, so labels only opt in or out"});
  }

  void keep_within_limits() {
    for (ClippedSetting& each : clip(policy, defaults_, rules_.limits)) {
      const std::string label = label_of(each.key);
      const Setting<Policy>* setting = setting_of("healer." + std::string(each.key));
      const std::string value = value_of(label);
      problems.push_back(LabelProblem{shown_value(label),
                                      setting ? quotable(setting->info, value) : shown_value(value),
                                      std::move(each.problem)});
    }
  }

  /// The label that set the setting: healer's own wins.
  std::string label_of(std::string_view key) const {
    const std::string own = "healer." + std::string(key);
    if (labels_.contains(own)) return own;
    for (const auto& [setting, label] : theirs.applied())
      if (setting->info.key == key) return label;
    return own;
  }

  std::string value_of(const std::string& label) const {
    const auto found = labels_.find(label);
    return found == labels_.end() ? std::string() : found->second;
  }

  void read(const std::string& label, const std::string& value) {
    if (is_opt_in(label)) return opt(label, value);
    if (rules_.trust == LabelTrust::OptInOnly) return not_read(label);
    if (label.starts_with(named_probe_prefix)) return read_named(label, value);
    const Setting<Policy>* setting = setting_of(label);
    if (!setting) {
      problems.push_back(unknown_label(label));
      return;
    }
    const std::string_view text = setting->info.is_text ? std::string_view(value) : trim(value);
    const Applied taken = apply(*setting, text);
    if (taken && setting->info.key == "failure_threshold") policy.verdict_periods = policy.failure_threshold;
    if (taken)
      applied.push_back(setting);
    else
      problems.push_back(refused_label(setting->info, label, text, taken));
    if (setting->info.of_probe) own_probe_ = true;
    if (setting->info.of_probe) probes.saw_unnamed(*setting, label, value, taken.taken);
  }

  Applied apply(const Setting<Policy>& setting, std::string_view text) {
    if (setting.info.key == "remedies") return read_label_ladder(text, rules_.webhooks, policy.remedies);
    if (setting.info.key != notification_key || !rules_.names) return setting.apply(policy, text);
    Policy read = policy;
    if (const Applied taken = setting.apply(read, text); !taken) return taken;
    // An unknown name would have no effect: the routes would decide as without the label.
    if (read.notify.enabled && !rules_.names->has(read.notify.route))
      return Applied::refused(rules_.names->refusal(), rules_.names->nearest(text));
    policy = std::move(read);
    return true;
  }

  void read_named(const std::string& label, const std::string& value) {
    own_probe_ = true;
    probes.read_named(label, value);
  }

  /// Users of another tool expect that only the HEALTHCHECK counts, and that an exit is not healed.
  void as_theirs() {
    policy.heal_exits = false;
    if (own_probe_ || rules_.compat.own_probe) return;
    policy.probe.kind = ProbeKind::Engine;
    asked_as_theirs = true;
  }

  void opt(const std::string& label, const std::string& value) {
    const auto wanted = parse_bool(value);
    if (wanted && *wanted && label == "monitored" && !rules_.compat.guide)
      return;  // opting out always counts
    if (wanted) {
      (*wanted ? opted_in_ : opted_out_) = true;
      return;
    }
    problems.push_back(LabelProblem{
        shown_value(label), shown_value(value),
        fmt::format("'{}' is not valid; accepted: true, yes, 1, on to opt in, false, no, 0, off to opt out",
                    shown_value(value))});
  }

  const LabelRules& rules_;
  const Labels& labels_;
  Policy defaults_;
  bool own_probe_ = false;
  bool opted_in_ = false;
  bool opted_out_ = false;

 public:
  ProbeLabels probes;
};

/// Adds a named probe's rows, for the settings that have an effect on it: the origin is the label that sets
/// the value, else the default's origin.
void explain_probe(const NamedProbe& probe, const Policy& defaults,
                   const std::vector<ProbeLabels::Named>& labels, std::vector<EffectiveSetting>& rows) {
  Policy holder = defaults;
  holder.probe = probe.spec;
  std::vector<EffectiveSetting> own;
  for (const EffectiveSetting& row : rows) {
    if (!row.info->of_probe || !row.probe.empty() || !has_effect(*row.info, probe.spec)) continue;
    EffectiveSetting named = row;
    named.probe = probe.name;
    named.value = probe_setting(row.info->key)->show(holder);
    for (const ProbeLabels::Named& label : labels)
      if (label.probe == probe.name && &label.setting->info == row.info)
        named.origin = Origin{Origin::Kind::Label, label.label};
    own.push_back(std::move(named));
  }
  rows.insert(rows.end(), own.begin(), own.end());
}

}  // namespace

LabelRules label_rules(const DaemonSettings& settings) {
  return {settings.compat,      NotificationNames(settings), settings.webhooks,
          settings.headers_for, settings.label_trust,        settings.limits};
}

void PolicyResolver::share_zones(Policy& policy) {
  for (MaintenanceWindow& window : policy.maintenance)
    if (window.zone) window.zone = zones_.try_emplace(window.zone->name, window.zone).first->second;
}

ResolvedPolicy PolicyResolver::resolve(const Labels& labels, const HeaderSubject& subject) {
  std::string key = cache_key(labels, CompatLabels(rules_.compat));
  const bool secret_headers = gets_secret_headers(rules_.headers_for, subject);
  key += secret_headers ? '+' : '-';
  if (const auto found = cache_.find(key); found != cache_.end()) return found->second;
  LabelReader read(labels, defaults_, rules_);
  if (!secret_headers) drop_secret_headers(read.policy, defaults_);
  share_zones(read.policy);
  ResolvedPolicy resolved{std::make_shared<const Policy>(std::move(read.policy)), std::move(read.problems)};
  // No real configuration has labels this long: they are resolved, but not cached.
  if (key.size() > 8192) return resolved;
  if (cache_.size() >= cache_limit) cache_.clear();
  cache_.emplace(std::move(key), resolved);
  return resolved;
}

Explanation explain(const Settings& settings, const Labels& labels) {
  Explanation explanation;
  for (const EffectiveSetting& effective : settings.effective)
    if (effective.info->scope == Scope::Workload) explanation.settings.push_back(effective);
  const LabelRules rules = label_rules(settings.daemon);
  LabelReader read(labels, settings.defaults, rules);
  // Named probes start from the defaults, so their rows are made before healer's labels are recorded.
  for (const NamedProbe& probe : read.policy.named_probes)
    explain_probe(probe, settings.defaults, read.probes.named(), explanation.settings);
  for (const auto& [setting, label] : read.theirs.applied())
    note_effective(explanation.settings, setting->info, setting->show(read.policy),
                   Origin{Origin::Kind::Label, label});
  if (read.asked_as_theirs) {
    const Setting<Policy>& probe = workload_setting("probe");
    const std::string& by = read.theirs.opted_in_by();
    note_effective(explanation.settings, probe.info, probe.show(read.policy),
                   by.empty() ? Origin{Origin::Kind::Environment, "AUTOHEAL_CONTAINER_LABEL"}
                              : Origin{Origin::Kind::Label, by});
  }
  for (const Setting<Policy>* applied : read.applied)
    note_effective(explanation.settings, applied->info, applied->show(read.policy),
                   Origin{Origin::Kind::Label, std::string(applied->info.label)});
  explanation.problems = std::move(read.problems);
  explanation.selection = read.policy.selection;
  explanation.unnamed_probe = read.policy.unnamed_probe;
  return explanation;
}

}  // namespace healer
