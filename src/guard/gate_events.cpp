// What the engine's events, the operator and the clock say.
#include <utility>

#include <fmt/format.h>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "guard/gate.hpp"

namespace healer::guard {

namespace json = boost::json;

std::string Gate::operator_order(const std::string& line) {
  const auto space = line.find(' ');
  const std::string what = line.substr(0, space);
  const std::string name(space == std::string::npos ? std::string_view()
                                                    : trim(std::string_view(line).substr(space)));
  const WallTime now = wall_now();
  const std::lock_guard lock(mutex_);
  Ledger& ledger = memory_.ledger;
  if (what == "status")
    return fmt::format("watched {}\ndown by orders {}\norders in 30m {}\npaused {}\naudit head {}\n",
                       ledger.watched(), ledger.down(), ledger.recent(now).size(),
                       fmt::join(ledger.paused(), " "), memory_.audit.head());
  const bool known = what == "pause" || what == "resume" || what == "reset" || what == "release";
  if (!known || name.empty())
    return "refused: pause NAME, resume NAME, reset NAME, release NAME and status are accepted; NAME may be "
           "*\n";
  auto written = memory_.audit.write({"operator", what, name, "", ""}, now);
  if (written) written = memory_.journal.operator_ordered(what, name);
  if (!written) return "refused: " + written.error().message + "\n";
  if (what == "pause") ledger.pause(name);
  if (what == "resume") ledger.resume(name);
  if (what == "reset") ledger.reset(name);
  if (what == "release") ledger.released(name);
  return "done\n";
}

void Gate::connected(const std::vector<SeenContainer>& all) {
  const std::lock_guard lock(mutex_);
  memory_.ledger.listed(all, wall_now());
  for (const SeenContainer& container : all)
    if (container.watched && !container.healthy_image.empty())
      note_healthy(container.lineage, container.healthy_image);
  sees_events_ = true;
}

/// The lock is held. An image that cannot be written down is remembered until the guard ends.
void Gate::note_healthy(const std::string& lineage, const std::string& image_id) {
  if (memory_.ledger.healthy(lineage, image_id)) (void)memory_.journal.healthy(lineage, image_id);
}

void Gate::lost_connection() {
  const std::lock_guard lock(mutex_);
  sees_events_ = false;
  // Nobody reports the end of calls that healer itself made.
  if (settings_.mode == Mode::Plugin) memory_.ledger.replayed();
}

SeenContainer Gate::seen(const json::object& entry) {
  SeenContainer container;
  container.id = text_at(entry, "Id");
  const auto profile = catalogue_.profile(container.id);
  for (const std::string& name : texts_at(entry, "Names"))
    if (name.starts_with('/') && name.find('/', 1) == std::string::npos) container.name = name.substr(1);
  container.lineage = profile->lineage.empty() ? container.name : profile->lineage;
  const std::string state = text_at(entry, "State");
  container.running = state == "running" || state == "restarting" || state == "paused";
  container.watched = profile->view == View::Whole;
  if (text_at(entry, "Status").ends_with("(healthy)")) container.healthy_image = text_at(entry, "ImageID");
  return container;
}

void Gate::engine_event(const json::object& event) {
  if (text_at(event, "Type") != "container") return;
  const json::object& actor = object_at(event, "Actor");
  const std::string id = text_at(actor, "ID");
  const std::string action = text_at(event, "Action");
  const json::value* nanoseconds = event.if_contains("timeNano");
  const WallTime at{nanoseconds && nanoseconds->is_int64() ? nanoseconds->get_int64() / 1'000'000
                                                           : wall_now().unix_ms};
  const bool healthy = action == "health_status: healthy";
  std::shared_ptr<const Profile> profile;
  if (action == "create" || healthy) profile = catalogue_.profile(id);
  const std::string name = text_at(object_at(actor, "Attributes"), "name");
  const std::lock_guard lock(mutex_);
  Ledger& ledger = memory_.ledger;
  if (action == "create")
    ledger.created(
        {id, name, profile->lineage.empty() ? name : profile->lineage, false, profile->view == View::Whole});
  if (healthy && profile->view == View::Whole) note_healthy(profile->lineage, profile->image_id);
  if (action == "start") ledger.started(id, at);
  if (action == "kill") ledger.killed(id, at);
  if (action == "die") ledger.ended(id, at);
  if (action == "stop") ledger.stopped(id, at);
  if (action == "destroy") ledger.removed(id);
  if (action == "rename") ledger.renamed(id, name);
}

std::string Gate::minute() {
  const std::lock_guard lock(mutex_);
  memory_.audit.write_counts(wall_now());
  return memory_.audit.head();
}

Reply Gate::metrics() {
  const std::lock_guard lock(mutex_);
  return {200,
          "text/plain; version=0.0.4",
          fmt::format("# HELP healer_guard_refusals_total Requests that the guard refused.\n"
                      "# TYPE healer_guard_refusals_total counter\nhealer_guard_refusals_total {}\n"
                      "# HELP healer_guard_audit_lines Lines of the audit file.\n"
                      "# TYPE healer_guard_audit_lines gauge\nhealer_guard_audit_lines{{head=\"{}\"}} {}\n"
                      "# HELP healer_guard_down Workloads that are down by orders.\n"
                      "# TYPE healer_guard_down gauge\nhealer_guard_down {}\n",
                      memory_.audit.refusals(), memory_.audit.head(), memory_.audit.lines(),
                      memory_.ledger.down()),
          {}};
}

}  // namespace healer::guard
