#include "config/ladder.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/config_error.hpp"
#include "config/url.hpp"
#include "config/words.hpp"
#include "config/yaml_file.hpp"

namespace healer {
namespace {

/// The ladder of a workload that names no remedy.
constexpr std::string_view engines_default = "auto";

std::string nearest_kind(std::string_view word) {
  std::vector<std::string_view> words;
  for (const char* word : enum_texts<RemedyKind>()) words.emplace_back(word);
  return nearest_name(word, words).value_or("");
}

std::string nearest_signal(std::string_view seen) {
  std::string wanted = lower(seen);
  if (!wanted.empty() && wanted.front() >= '0' && wanted.front() <= '9') return {};
  if (wanted.starts_with("sig")) wanted.erase(0, 3);
  std::vector<std::string> names;
  for (int signal = 1; signal <= 31; ++signal) names.push_back(signal_name(signal));
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto nearest = nearest_name(wanted, candidates);
  return nearest ? "kill:" + *nearest : "";
}

Applied read_signal(const std::vector<std::string>& words, RemedyStep& step) {
  if (words.size() != 1) return Applied::refused("kill needs one signal, such as kill:TERM");
  const auto signal = signal_number(words.front());
  if (!signal)
    return Applied::refused(fmt::format("no signal '{}'", shown_value(words.front())),
                            nearest_signal(words.front()));
  step.signal = *signal;
  return true;
}

/// Null: the ladder is the operator's, so a webhook is a URL. Else it is a label's, and a webhook one of
/// these.
using Webhooks = const std::vector<NamedWebhook>*;

Applied read_webhook(const std::vector<std::string>& words, Webhooks webhooks, RemedyStep& step) {
  if (!webhooks) {
    if (words.size() != 1 || !is_http_url(words.front()))
      return Applied::refused("webhook needs an http:// or https:// URL with a host");
    step.url = Secret(words.front());
    return true;
  }
  for (const NamedWebhook& webhook : *webhooks) {
    if (words.size() != 1 || webhook.name != words.front()) continue;
    step.url = webhook.url;
    return true;
  }
  // The text is not quoted: it may be the URL of a webhook.
  return Applied::refused(
      "a label can only name a webhook that the operator's file defines under 'webhooks:', as webhook:NAME");
}

/// Reads the text behind the first ':' of a step.
Applied read_details(std::string_view text, Webhooks webhooks, RemedyStep& step) {
  auto words = split_words(text);
  if (!words) return Applied::refused(words.error());
  switch (step.kind) {
    case RemedyKind::Kill:
      return read_signal(*words, step);
    case RemedyKind::Exec:
      if (words->empty()) return Applied::refused("exec needs a command, such as exec:/bin/reload");
      if (std::string reason = refuse_command(*words); !reason.empty())
        return Applied::refused("exec: " + reason);
      step.command = std::move(*words);
      return true;
    case RemedyKind::Webhook:
      return read_webhook(*words, webhooks, step);
    case RemedyKind::Restart:
    case RemedyKind::Start:
    case RemedyKind::Stop:
    case RemedyKind::Recreate:
    case RemedyKind::Replace:
    case RemedyKind::None:
      break;
  }
  return Applied::refused(fmt::format("{} takes nothing after a ':'", to_string(step.kind)));
}

Applied read_ladder_step(std::string_view text, RemedyStep& step, bool quotable, Webhooks webhooks) {
  if (text.empty()) return Applied::refused("nothing stands there");
  const auto colon = text.find(':');
  const std::string word = lower(trim(text.substr(0, colon)));
  const auto kind = enum_of<RemedyKind>(word);
  if (!kind)
    return Applied::refused(quotable ? fmt::format("no remedy '{}'", shown_value(word)) : "no such remedy",
                            nearest_kind(word));
  step.kind = *kind;
  const bool wants_details =
      step.kind == RemedyKind::Kill || step.kind == RemedyKind::Exec || step.kind == RemedyKind::Webhook;
  if (colon == std::string_view::npos && !wants_details) return true;
  return read_details(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1), webhooks,
                      step);
}

Applied read_ladder_steps(const std::vector<std::string>& ladder_steps, std::vector<RemedyStep>& ladder,
                          bool quotable, Webhooks webhooks) {
  if (ladder_steps.empty()) return Applied::refused("the list is empty");
  if (ladder_steps.size() > most_ladder_steps)
    return Applied::refused(fmt::format("{} steps; at most {}", ladder_steps.size(), most_ladder_steps));
  std::vector<RemedyStep> read;
  for (const std::string& ladder_step : ladder_steps) {
    const std::size_t number = read.size() + 1;
    RemedyStep step;
    Applied applied = read_ladder_step(trim(ladder_step), step, quotable, webhooks);
    if (applied && number < ladder_steps.size() &&
        (step.kind == RemedyKind::None || step.kind == RemedyKind::Stop))
      applied =
          Applied::refused(fmt::format("{} ends the ladder, so nothing can follow it", to_string(step.kind)));
    if (!applied) {
      if (ladder_steps.size() > 1) applied.reason = fmt::format("step {}: {}", number, applied.reason);
      return applied;
    }
    read.push_back(std::move(step));
  }
  ladder = std::move(read);
  return true;
}

Applied read_items(const std::vector<std::string>& items, Webhooks webhooks,
                   std::vector<RemedyStep>& ladder) {
  if (items.size() == 1 && lower(trim(items.front())) == engines_default) {
    ladder.clear();
    return true;
  }
  const bool quotable = std::none_of(items.begin(), items.end(),
                                     [](const std::string& item) { return ladder_may_hold_secret(item); });
  return read_ladder_steps(items, ladder, quotable, webhooks);
}

Applied read_text(std::string_view text, Webhooks webhooks, std::vector<RemedyStep>& ladder) {
  if (trim(text).starts_with('[')) {
    const auto items = read_list(trim(text));
    if (!items) return Applied::refused("it begins with '[' but is no list of texts");
    return read_items(*items, webhooks, ladder);
  }
  if (lower(trim(text)) == engines_default) return read_items({std::string(text)}, webhooks, ladder);
  const auto ladder_steps = split_outside_quotes(text, ',');
  if (!ladder_steps) return Applied::refused(ladder_steps.error());
  return read_ladder_steps(*ladder_steps, ladder, !ladder_may_hold_secret(text), webhooks);
}

}  // namespace

Applied read_ladder_steps(const std::vector<std::string>& ladder_steps, std::vector<RemedyStep>& ladder) {
  return read_items(ladder_steps, nullptr, ladder);
}

Applied read_ladder(std::string_view text, std::vector<RemedyStep>& ladder) {
  return read_text(text, nullptr, ladder);
}

Applied read_label_ladder(std::string_view text, const std::vector<NamedWebhook>& webhooks,
                          std::vector<RemedyStep>& ladder) {
  return read_text(text, &webhooks, ladder);
}

std::string show_ladder(const std::vector<RemedyStep>& ladder) {
  if (ladder.empty()) return std::string(engines_default);
  std::string text;
  for (const RemedyStep& step : ladder) {
    if (!text.empty()) text += ',';
    text += to_string(step.kind);
    if (step.kind == RemedyKind::Kill) text += ':' + signal_name(step.signal);
    if (step.kind == RemedyKind::Exec) text += ':' + show_words(step.command);
    if (step.kind == RemedyKind::Webhook) text += ':' + to_string(step.url);
  }
  return text;
}

bool ladder_may_hold_secret(std::string_view text) {
  const std::string seen = lower(text);
  if (seen.find("://") != std::string::npos || seen.find("hook") != std::string::npos ||
      seen.find("http") != std::string::npos)
    return true;
  // Behind any other word than kill and exec, the text after ':' may be the URL of a misspelt webhook.
  for (const std::string& part : split(seen, ',')) {
    const auto colon = part.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view word = trim(std::string_view(part).substr(0, colon));
    if (word != "kill" && word != "exec") return true;
  }
  return false;
}

}  // namespace healer
