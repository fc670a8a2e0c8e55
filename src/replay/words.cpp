#include "replay/words.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string_view>
#include <variant>

#include <fmt/format.h>

#include "base/text.hpp"
#include "present/decision_text.hpp"
#include "present/notification_text.hpp"
#include "present/reason_text.hpp"

namespace healer::replay {
namespace {

struct Describe {
  std::optional<EffectText> operator()(const Persist& effect) const {
    const auto* decision = std::get_if<Decision>(&effect.record);
    if (decision == nullptr) return std::nullopt;
    auto text = present::decision_text(decision->fact);
    return EffectText{"decision", decision->workload, to_string(decision->rule), std::move(text.inputs),
                      std::move(text.outcome)};
  }
  std::optional<EffectText> operator()(const CaptureEvidence& effect) const {
    return EffectText{"evidence", effect.workload, "capture", {}, "of " + effect.container_id};
  }
  std::optional<EffectText> operator()(const ApplyRemedy& effect) const {
    return EffectText{"order", effect.workload, to_string(effect.step),
                      fmt::format("attempt {}", effect.number),
                      fmt::format("{}, container {}: {}", effect.name, effect.container_id,
                                  present::reason_text(effect.reason))};
  }
  std::optional<EffectText> operator()(const SendNotification& effect) const {
    const Notification notification = present::written(effect);
    return EffectText{"notification",
                      notification.workload,
                      fmt::format("{} {}", to_string(notification.kind), notification.event),
                      {},
                      notification.text};
  }
  template <class Other>
  std::optional<EffectText> operator()(const Other&) const {
    return std::nullopt;
  }
};

/// Removes exactly `count` digits from the front and returns their number.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  int number = 0;
  if (text.size() < count) return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + count, number);
  if (error != std::errc{} || stop != text.data() + count || text.front() == '-') return std::nullopt;
  text.remove_prefix(count);
  return number;
}

}  // namespace

std::optional<EffectText> effect_text(const Effect& effect) {
  return std::visit(Describe{}, effect);
}

std::string words(const EffectText& effect_text) {
  std::string text = effect_text.kind;
  if (!effect_text.workload.empty()) text += " " + effect_text.workload;
  text += " " + effect_text.what + ": " + effect_text.outcome;
  if (!effect_text.inputs.empty()) text += " [" + effect_text.inputs + "]";
  return printable(text);
}

std::vector<std::string> words(const Effects& effects) {
  std::vector<std::string> all;
  for (const Effect& effect : effects)
    if (const auto reported = effect_text(effect)) all.push_back(words(*reported));
  return all;
}

std::string time_text(Instant at) {
  const std::int64_t ms = wall_time_of(at).unix_ms;
  const std::int64_t fraction = ((ms % 1000) + 1000) % 1000;
  const std::time_t seconds = (ms - fraction) / 1000;
  std::tm utc{};
  char text[40];
  if (gmtime_r(&seconds, &utc) == nullptr || std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
    return fmt::format("{} ms", ms);
  return fmt::format("{}.{:03}Z", text, fraction);
}

std::optional<Instant> parse_time(std::string_view text) {
  std::tm utc{};
  struct Part {
    int* into;
    std::size_t digits;
    std::string_view after;  ///< one of these characters follows
    int least, most;
  };
  const Part parts[] = {{&utc.tm_year, 4, "-", 1970, 9999}, {&utc.tm_mon, 2, "-", 1, 12},
                        {&utc.tm_mday, 2, "T ", 1, 31},     {&utc.tm_hour, 2, ":", 0, 23},
                        {&utc.tm_min, 2, ":", 0, 59},       {&utc.tm_sec, 2, "", 0, 60}};
  for (const Part& part : parts) {
    const auto number = take_digits(text, part.digits);
    if (!number || *number < part.least || *number > part.most) return std::nullopt;
    *part.into = *number;
    if (part.after.empty()) continue;
    if (text.empty() || part.after.find(text.front()) == std::string_view::npos) return std::nullopt;
    text.remove_prefix(1);
  }
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  int fraction = 0;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const auto number = take_digits(text, 3);
    if (!number) return std::nullopt;
    fraction = *number;
  }
  if (!text.empty() && text != "Z") return std::nullopt;
  const std::tm asked = utc;
  const std::time_t seconds = timegm(&utc);
  if (utc.tm_mday != asked.tm_mday) return std::nullopt;  // the 31st of a shorter month
  return instant_of(WallTime{static_cast<std::int64_t>(seconds) * 1000 + fraction});
}

}  // namespace healer::replay
