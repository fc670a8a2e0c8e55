#include "app/skipped_objects.hpp"

#include <fmt/format.h>

#include "api/metrics.hpp"
#include "app/log.hpp"

namespace healer {

void SkippedObjects::report(const SkippedObject& skipped) {
  const bool event = skipped.kind == SkippedObject::Kind::Event;
  metrics_.count_skipped(event ? "event" : "list_entry");
  if (named_.size() >= most_named || !named_.insert(skipped.container_id).second) return;
  const std::string id = skipped.container_id.empty() ? "unknown id" : skipped.container_id.substr(0, 12);
  const std::string name = skipped.name.empty() ? "container " + id : skipped.name;
  log_.write(
      LogLevel::Warning,
      event ? fmt::format("{} — an event of it is larger than healer reads: healer inspects it instead; its "
                          "labels may be too large",
                          name)
            : fmt::format("{} — its entry in the engine's list is larger than healer reads ({}): its labels "
                          "are not read, so it is not watched; make its labels smaller",
                          name, id));
}

}  // namespace healer
