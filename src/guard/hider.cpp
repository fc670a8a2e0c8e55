#include "guard/hider.hpp"

namespace healer::guard {
namespace {

constexpr std::size_t shortest = 4;

}  // namespace

Hider::Hider(const std::vector<std::string>& environment)
    : secrets_(secrets_of(environment)), redactor_(secrets_) {
  std::size_t bytes = 0;
  for (const std::string& secret : secrets_) {
    bytes += secret.size();
    if (secret.size() >= shortest && bytes <= Redactor::most_secret_bytes) known_.add(secret);
  }
  known_.finish();
  too_many_ = bytes > Redactor::most_secret_bytes;
  secrets_.clear();
}

std::string Hider::value(std::string_view text) const {
  if (too_many_) return std::string(redacted_mark);
  if (known_.empty()) return std::string(text);
  std::vector<TextRange> ranges;
  known_.find(text, 0, ranges);
  std::string shown;
  std::size_t at = 0;
  for (const TextRange& range : ranges) {
    if (range.end <= at) continue;
    if (range.begin >= at) shown.append(text.substr(at, range.begin - at)).append(redacted_mark);
    at = range.end;
  }
  return shown.append(text.substr(at));
}

}  // namespace healer::guard
