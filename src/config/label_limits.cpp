#include "config/label_limits.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/duration.hpp"

namespace healer {
namespace {

std::string shown(Duration value) {
  return format_duration(value);
}
std::string shown(unsigned value) {
  return std::to_string(value);
}

class Clipper {
 public:
  std::vector<ClippedSetting> clipped;

  template <class Value>
  void at_most(std::string_view key, Value& value, const Value& own, const Value& limit) {
    hold(key, value, std::max(own, limit), value > std::max(own, limit), "above");
  }
  template <class Value>
  void at_least(std::string_view key, Value& value, const Value& own, const Value& limit) {
    hold(key, value, std::min(own, limit), value < std::min(own, limit), "below");
  }
  /// Unset is healer's own choice, which has its own bounds.
  void at_most(std::string_view key, std::optional<Duration>& value, const std::optional<Duration>& own,
               Duration limit) {
    if (value) at_most(key, *value, own.value_or(limit), limit);
  }

 private:
  template <class Value>
  void hold(std::string_view key, Value& value, const Value& bound, bool beyond, std::string_view side) {
    if (!beyond) return;
    value = bound;
    clipped.push_back({key, fmt::format("is {} the limit of labels, {}, which applies (limits: {})", side,
                                        shown(bound), key)});
  }
};

/// The limits of a retry policy that `limits:` does not set.
constexpr Duration usual_verify_limit = 15min;
constexpr unsigned usual_attempts = 20;
constexpr Duration usual_attempts_window = 10min;

void clip_budget(RetryPolicy& retry, const RetryPolicy& own, const LabelLimits& limits,
                 std::vector<ClippedSetting>& clipped) {
  const RetryPolicy asked = retry;
  const unsigned attempts = std::max(own.budget_attempts, limits.attempts.value_or(usual_attempts));
  const Duration window = std::min(own.budget_window, limits.attempts_window.value_or(usual_attempts_window));
  retry.budget_attempts = std::min(retry.budget_attempts, attempts);
  retry.budget_window = std::max(retry.budget_window, window);
  if (retry == asked) return;
  clipped.push_back({"budget", fmt::format("is beyond the limit of labels; {}/{} applies (limits: attempts, "
                                           "attempts_window)",
                                           retry.budget_attempts, format_duration(retry.budget_window))});
}

void clip_remedies(Policy& policy, const Policy& own, const LabelLimits& limits,
                   std::vector<ClippedSetting>& clipped) {
  if (limits.remedies.empty() || policy.remedies == own.remedies) return;
  std::vector<std::string> left_out;
  std::erase_if(policy.remedies, [&](const RemedyStep& step) {
    const bool allowed =
        std::find(limits.remedies.begin(), limits.remedies.end(), step.kind) != limits.remedies.end();
    if (!allowed) left_out.emplace_back(to_string(step.kind));
    return !allowed;
  });
  if (left_out.empty()) return;
  if (policy.remedies.empty()) policy.remedies = own.remedies;
  clipped.push_back(
      {"remedies",
       fmt::format("has steps that labels may not choose and that are left out: {} (limits: remedies)",
                   fmt::join(left_out, ", "))});
}

void clip_probes(Policy& policy, const LabelLimits& limits, std::vector<ClippedSetting>& clipped) {
  if (policy.named_probes.size() <= limits.probes) return;
  clipped.push_back({"probes", fmt::format("{} named probes; labels may have {}: the others are not checked "
                                           "(limits: probes)",
                                           policy.named_probes.size(), limits.probes)});
  policy.named_probes.resize(limits.probes);
}

}  // namespace

std::vector<ClippedSetting> clip(Policy& policy, const Policy& own, const LabelLimits& limits) {
  Clipper clipper;
  clipper.at_least("interval", policy.interval, own.interval, limits.interval);
  clipper.at_most("timeout", policy.timeout, own.timeout, limits.timeout);
  clipper.at_most("start_period", policy.start_period, own.start_period, limits.start_period);
  clipper.at_most("verify_limit", policy.retry.verify_limit, own.retry.verify_limit,
                  limits.verify_limit.value_or(usual_verify_limit));
  clipper.at_most("stop_timeout", policy.stop_timeout, own.stop_timeout, limits.stop_timeout);
  clipper.at_most("failure_threshold", policy.failure_threshold, own.failure_threshold,
                  limits.failure_threshold);
  clipper.at_most("success_threshold", policy.success_threshold, own.success_threshold,
                  limits.success_threshold);
  clipper.at_least("notification_cooldown", policy.notify.cooldown, own.notify.cooldown,
                   limits.notification_cooldown);
  clip_budget(policy.retry, own.retry, limits, clipper.clipped);
  clip_remedies(policy, own, limits, clipper.clipped);
  clip_probes(policy, limits, clipper.clipped);
  return std::move(clipper.clipped);
}

}  // namespace healer
