#include "config/header_subjects.hpp"

#include <algorithm>

#include "base/secret_names.hpp"
#include "config/characters.hpp"

namespace healer {
namespace {

constexpr std::string_view of_service = "service:";

/// '*' stands for any characters. Each star is tried once from the left: the time is the product of the
/// lengths at most.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t star = std::string_view::npos;
  std::size_t again = 0;
  std::size_t p = 0;
  for (std::size_t t = 0; t < text.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      again = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++again;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

void drop(std::vector<HttpHeader>& headers, const std::vector<HttpHeader>& defaults) {
  if (headers != defaults) return;
  std::erase_if(headers, is_secret_header);
}

}  // namespace

bool is_secret_header(const HttpHeader& header) {
  return suspicion_of(header.name) >= Suspicion::Maybe;
}

bool gets_secret_headers(const std::vector<std::string>& patterns, const HeaderSubject& subject) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    if (!pattern.starts_with(of_service)) return !subject.name.empty() && fits(pattern, subject.name);
    return !subject.service.empty() && fits(pattern.substr(of_service.size()), subject.service);
  });
}

bool is_header_pattern(std::string_view text) {
  if (text.starts_with(of_service)) text.remove_prefix(of_service.size());
  return is_word(text, 255, "-._/*");
}

void drop_secret_headers(Policy& policy, const Policy& defaults) {
  drop(policy.probe.headers, defaults.probe.headers);
  for (NamedProbe& probe : policy.named_probes) drop(probe.spec.headers, defaults.probe.headers);
}

}  // namespace healer
