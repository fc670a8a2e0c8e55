#include "config/probe_labels.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/config_error.hpp"

namespace healer {
namespace {

/// The name in lower case, with '_' for spaces; empty if that is not valid either.
std::string mended_name(std::string_view name) {
  std::string mended = lower(name);
  std::replace(mended.begin(), mended.end(), ' ', '_');
  return is_short_name(mended) ? mended : std::string();
}

std::string nearest_key(std::string_view seen) {
  std::vector<std::string_view> keys;
  for (const Setting<Policy>& setting : workload_settings())
    if (setting.info.of_probe) keys.push_back(setting.info.key);
  return nearest_name(seen, keys).value_or("");
}

/// A label whose name is the problem; its value is not repeated in the message.
LabelProblem wrong_name(const std::string& label, std::string message, const std::string& nearest = {}) {
  if (!nearest.empty()) message += "; did you mean '" + nearest + "'?";
  return LabelProblem{shown_value(label), "", std::move(message)};
}

/// The kind of the probe. An unset kind counts as http: the labels do not show what it becomes.
ProbeKind asked_kind(const ProbeSpec& spec) {
  return spec.kind.value_or(ProbeKind::Http);
}

std::string kinds_text(const std::vector<ProbeKind>& kinds) {
  std::string text;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (i > 0) text += i + 1 == kinds.size() ? " and " : ", ";
    text += to_string(kinds[i]);
  }
  return text;
}

}  // namespace

const Setting<Policy>* probe_setting(std::string_view key) {
  for (const Setting<Policy>& setting : workload_settings())
    if (setting.info.of_probe && setting.info.key == key) return &setting;
  return nullptr;
}

bool has_effect(const SettingInfo& info, const ProbeSpec& spec) {
  return info.fits.empty() ||
         std::find(info.fits.begin(), info.fits.end(), asked_kind(spec)) != info.fits.end();
}

LabelProblem refused_label(const SettingInfo& info, const std::string& label, std::string_view value,
                           const Applied& applied) {
  const std::string seen = quotable(info, value);
  std::string message = fmt::format("'{}' {}; accepted: {}", seen, refusal(applied), info.accepted);
  const std::string nearest = applied.nearest.empty() ? suggest_value(info, value) : applied.nearest;
  if (!nearest.empty()) message += "; did you mean '" + nearest + "'?";
  return LabelProblem{shown_value(label), seen, std::move(message)};
}

void ProbeLabels::read_named(const std::string& label, const std::string& value) {
  const std::string_view rest = std::string_view(label).substr(named_probe_prefix.size());
  const auto dot = rest.find('.');
  const std::string name(rest.substr(0, dot));
  const std::string_view key = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  if (key.empty()) {
    problems_.push_back(
        wrong_name(label, "a setting is missing; a label of a probe is healer.probes.NAME.SETTING"));
    return;
  }
  const Setting<Policy>* setting = probe_setting(key);
  if (!is_short_name(name)) {
    const std::string mended = mended_name(name);
    problems_.push_back(wrong_name(
        label,
        fmt::format("'{}' is no name of a probe; accepted: 1 to 32 of a-z, 0-9, _ and -", shown_value(name)),
        mended.empty() ? "" : fmt::format("{}{}.{}", named_probe_prefix, mended, shown_value(key))));
    return;
  }
  if (!setting) {
    const std::string nearest = nearest_key(key);
    problems_.push_back(
        wrong_name(label, "no such label",
                   nearest.empty() ? "" : fmt::format("{}{}.{}", named_probe_prefix, name, nearest)));
    return;
  }
  if (!probes_.contains(name) && probes_.size() >= most_named_probes) {
    problems_.push_back(
        wrong_name(label, fmt::format("more than {} named probes; this one is not used", most_named_probes)));
    return;
  }
  Probe& probe = probes_.try_emplace(name, Probe{defaults_, {}}).first->second;
  const std::string_view text = setting->info.is_text ? std::string_view(value) : trim(value);
  if (const Applied applied = setting->apply(probe.holder, text); !applied) {
    problems_.push_back(refused_label(setting->info, label, text, applied));
    return;
  }
  probe.seen.push_back({setting, label, value});
  applied_.push_back({name, setting, label});
}

void ProbeLabels::saw_unnamed(const Setting<Policy>& setting, const std::string& label,
                              const std::string& value, bool applied) {
  unnamed_seen_ = true;
  if (applied) unnamed_.push_back({&setting, label, value});
}

/// Adds a problem for each label that has no effect on this kind of probe. False: the probe cannot be used.
bool ProbeLabels::complete(const ProbeSpec& spec, const std::string& prefix, const std::vector<Seen>& seen) {
  for (const Seen& label : seen) {
    if (has_effect(label.setting->info, spec)) continue;
    problems_.push_back(LabelProblem{
        shown_value(label.label), quotable(label.setting->info, label.value),
        fmt::format("has no effect on the probe '{}'; it is for {}",
                    spec.kind ? to_string(*spec.kind) : "auto", kinds_text(label.setting->info.fits))});
  }
  if (spec.kind != ProbeKind::Exec || !spec.command.empty()) return true;
  problems_.push_back(LabelProblem{shown_value(prefix + "probe"), "exec",
                                   fmt::format("exec needs a command: set {}command", shown_value(prefix))});
  return false;
}

void ProbeLabels::finish(Policy& policy) {
  for (auto& [name, probe] : probes_) {
    if (complete(probe.holder.probe, fmt::format("{}{}.", named_probe_prefix, name), probe.seen))
      policy.named_probes.push_back({name, std::move(probe.holder.probe)});
  }
  policy.unnamed_probe = policy.named_probes.empty() || unnamed_seen_;
  if (policy.unnamed_probe && !complete(policy.probe, "healer.", unnamed_)) policy.probe.kind.reset();
}

}  // namespace healer
