// What keeps a remedy from being done now, although it would be. HEALING.md 5.
#include <algorithm>

#include <fmt/format.h>

#include "core/care.hpp"

namespace healer {

std::optional<Hold> Care::hold() const {
  if (!world_.engine_up) return Hold{HoldKind::EngineDown, "the engine is unreachable", {}};
  const Instant stop_over = w_.evidence_at + call_deadline();
  if (w_.evidence.person_acted() && !w_.evidence.died() && now_ < stop_over)
    return Hold{HoldKind::PersonActs, "somebody is stopping it", stop_over};
  return std::nullopt;
}

bool Care::silenced() const {
  return false;
}

}  // namespace healer
