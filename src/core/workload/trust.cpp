#include "core/workload/trust.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/hash.hpp"

namespace healer {

std::string probe_fingerprint(const ProbeSpec& spec) {
  std::uint64_t hash = fnv1a(spec.kind ? to_string(*spec.kind) : "auto");
  const auto add = [&hash](std::string_view text) {
    hash = fnv1a(text, hash);
    hash = fnv1a(std::string_view("\0", 1), hash);  // keeps "ab", "c" and "a", "bc" apart
  };
  add(std::to_string(spec.port.value_or(0)));
  add(spec.path);
  for (const StatusRange& range : spec.accepted) {
    add(std::to_string(range.first));
    add(std::to_string(range.last));
  }
  for (const std::string* text :
       {&spec.body_match, &spec.banner, &spec.host_header, &spec.method, &spec.service})
    add(*text);
  for (const HttpHeader& header : spec.headers) add(header.name);
  add(std::to_string(spec.redirects));
  for (const std::string& argument : spec.command) add(argument);
  return fmt::format("{:016x}", hash);
}

const TrustedProbe* trusted(const std::vector<TrustedProbe>& all, const std::string& name,
                            const std::string& fingerprint) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const TrustedProbe& each) {
    return each.name == name && each.fingerprint == fingerprint;
  });
  return found == all.end() ? nullptr : &*found;
}

Trust trust_of(const TrustedProbe* known, const std::string& image_id) {
  if (known == nullptr) return Trust::Unproven;
  const bool same = known->image_id.empty() || image_id.empty() || known->image_id == image_id;
  return same ? Trust::Proven : Trust::Provisional;
}

}  // namespace healer
