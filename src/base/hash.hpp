#pragma once

#include <cstdint>
#include <string_view>

namespace healer {

/// FNV-1a: the same in every process, so the hash may be stored or sent. Not for secrets. To hash several
/// pieces, pass the hash of the earlier ones.
constexpr std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash = 14695981039346656037ULL) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

}  // namespace healer
