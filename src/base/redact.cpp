#include "base/redact.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/encode.hpp"
#include "base/known_values.hpp"
#include "base/secret_finder.hpp"
#include "base/secret_names.hpp"
#include "base/text.hpp"

namespace healer {
namespace {

constexpr std::size_t longest_name = 256;
constexpr std::size_t least_secret = 4;
constexpr std::size_t least_line = 8;
/// The values of variables without a secret-like name are searched up to here.
constexpr std::size_t most_other_bytes = 256 * 1024;
/// One round is enough for ordinary text. A text that still changes after this many rounds was made to do so.
constexpr int most_rounds = 8;

std::string replace_ranges(std::string_view text, std::vector<TextRange> ranges) {
  if (ranges.empty()) return std::string(text);
  std::sort(ranges.begin(), ranges.end(),
            [](const TextRange& a, const TextRange& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = 0; i < ranges.size();) {
    TextRange whole = ranges[i];
    for (++i; i < ranges.size() && ranges[i].begin <= whole.end; ++i)
      whole.end = std::max(whole.end, ranges[i].end);
    out.append(text.substr(done, whole.begin - done)).append(redacted_mark);
    done = whole.end;
  }
  return out.append(text.substr(done));
}

/// The value as a JSON string and as a part of a URL has it.
std::string escaped_in_json(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

/// Stricter than names_a_secret(): in an environment, "KEY" is always a name, never a word of a sentence.
bool names_a_secret_variable(std::string_view name) {
  const std::string small = lower(name);
  if (small == "pwd" || small == "oldpwd") return false;  // the working directory
  return names_a_secret(name) || small.ends_with("key") || small.ends_with("keys") ||
         small.ends_with("salt") || small.ends_with("tokens") || small.find("webhook") != std::string::npos;
}

}  // namespace

class Redactor::Known {
 public:
  explicit Known(std::span<const std::string> secrets) {
    std::size_t bytes = 0;
    for (const std::string& secret : secrets) {
      bytes += secret.size();
      if (bytes > most_secret_bytes) {
        too_many = true;
        return;
      }
      add_secret(secret);
    }
    values.finish();
  }

  std::string without(std::string_view text) const {
    if (values.empty()) return std::string(text);
    std::vector<TextRange> ranges;
    for (std::size_t begin = 0; begin <= text.size();) {
      // A value never matches a part of the mark.
      const std::size_t mark = std::min(text.find(redacted_mark, begin), text.size());
      values.find(text.substr(begin, mark - begin), begin, ranges);
      begin = mark + redacted_mark.size();
    }
    return replace_ranges(text, std::move(ranges));
  }

  bool too_many = false;

 private:
  void add_secret(const std::string& secret) {
    const std::string_view whole = trim(secret);
    if (whole.size() < least_secret || says_nothing(whole) ||
        whole.find(redacted_mark) != std::string_view::npos)
      return;
    values.add(whole);
    values.add(escaped_in_json(whole));
    values.add(percent_encoded(whole));
    if (whole.find('\n') == std::string_view::npos) return;
    for (const std::string& line : split(whole, '\n'))
      if (const auto part = trim(line); part.size() >= least_line) values.add(part);
  }

  KnownValues values;
};

Redactor::Redactor(std::span<const std::string> secrets) : known_(std::make_unique<Known>(secrets)) {}
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;
Redactor::~Redactor() = default;

std::string Redactor::operator()(std::string_view text) const {
  if (text.empty()) return {};
  if (known_->too_many) return std::string(redacted_mark);
  std::string now = known_->without(text);
  for (int round = 0; round < most_rounds; ++round) {
    std::string next = replace_ranges(now, SecretFinder(now).ranges());
    next = known_->without(next);
    if (next == now) return now;
    now = std::move(next);
  }
  return std::string(redacted_mark);
}

bool names_a_secret(std::string_view name) {
  return suspicion_of(name.substr(0, longest_name)) >= Suspicion::Weak;
}

std::vector<std::string> secrets_of(std::span<const std::string> environment) {
  std::vector<std::string> secrets;
  std::unordered_set<std::string> seen;
  std::size_t bytes = 0;
  const auto add = [&](std::string_view value) {
    if (bytes > Redactor::most_secret_bytes) return;  // Redactor gives up such a container
    if (trim(value).size() < least_secret || says_nothing(trim(value))) return;
    if (!seen.emplace(value).second) return;
    secrets.emplace_back(value);
    bytes += value.size();
  };
  // The values of all other variables as one text, which costs less than a text for each.
  std::string others;
  for (const std::string& entry : environment) {
    if (bytes > Redactor::most_secret_bytes) break;
    const auto equals = entry.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view value = std::string_view(entry).substr(equals + 1);
    if (!names_a_secret_variable(std::string_view(entry).substr(0, equals))) {
      // Empty lines between them: no rule looks over one.
      if (value.size() >= least_secret && others.size() < most_other_bytes)
        others.append(value).append("\n\n\n");
      continue;
    }
    add(value);
    if (trim(value).size() != value.size()) add(trim(value));
  }
  for (const TextRange& range : SecretFinder(others).ranges())
    add(std::string_view(others).substr(range.begin, range.end - range.begin));
  return secrets;
}

std::string redact(std::string_view text, std::span<const std::string> secrets) {
  return Redactor(secrets)(text);
}

}  // namespace healer
