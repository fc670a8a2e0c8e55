#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/container.hpp"

namespace healer::simulation {

/// How an engine tells of a stop: the orders measured on real ones.
enum class Dialect {
  Docker20,  ///< kill, kill, die, stop, start, restart
  Docker26,  ///< kill, kill, stop, die, start, restart
  Podman,    ///< restart, die, stop, start
};

/// What is wrong with a container's service.
enum class Failure {
  None,
  Error,        ///< answers 503
  Hang,         ///< accepts, never answers, and does not hear SIGTERM
  Refuse,       ///< its process runs, its port is closed
  Crash,        ///< ends by itself, once
  Loop,         ///< ends by itself some seconds after each start
  OutOfMemory,  ///< is killed by the kernel, once
  Flap,         ///< healthy for some seconds after each start, then answers 503
  Slow,         ///< answers every check well; only its rule of Prometheus shows it
};

/// What ends that.
enum class FixedBy {
  Restart,   ///< any new instance
  Reload,    ///< a signal or a command inside; a new instance too
  Recreate,  ///< a new container
  Alone,     ///< time: a restart changes nothing
  Operator,  ///< time, too, but long: an operator repairs it
};

/// One thing that happens to the world, as data: a script can be printed, read back and shortened.
enum class What {
  Fault,  ///< unit, unhealthy, remedy, lasts (Alone, Operator)
  Stop,   ///< these are an operator's, by the engine
  Start,
  Restart,
  Kill,  ///< SIGKILL
  Hup,   ///< SIGHUP: no stop
  Pause,
  Unpause,
  Deploy,  ///< a new container of the same name
  Remove,
  Blip,        ///< no answer from `share` of the units while it lasts
  Outage,      ///< `share` of the units answer 503 while it lasts: something all of them use is gone
  NoRoute,     ///< healer cannot reach anything
  NoFiles,     ///< healer has no descriptors left
  Cut,         ///< the event stream ends; the engine is there at once
  Lost,        ///< the engine does not answer; containers run on (live-restore)
  Shutdown,    ///< the engine stops all containers, ends, and starts those with a restart policy
  Killed,      ///< the engine is killed; its successor stops what is left, then starts those
  Hangs,       ///< the engine answers nothing
  Errors,      ///< the engine answers 500
  Denies,      ///< a proxy answers 403 to what changes containers
  Unwritable,  ///< commits fail
  SlowStore,   ///< commits take seconds
  Die,         ///< kill -9 of healer after `count` further calls it makes (count < 0: so many after its next
               ///< order); a new one `lasts` later
  Stall,       ///< healer's loop stands still
  Clock,       ///< the wall clock jumps ahead by `lasts`, or back (count < 0)
  Silence,     ///< the notification channel does not take anything
  OpPause,     ///< the operator's commands
  OpResume,
  OpReset,
  OpHeal,
};

struct Happening {
  Duration at{0};  ///< since the beginning
  What what = What::Fault;
  std::string unit;
  Failure failure = Failure::None;
  FixedBy fixed_by = FixedBy::Restart;
  Duration lasts{0};
  double share = 1;
  int count = 0;
  bool operator==(const Happening&) const = default;
};

/// One container of the world.
struct Unit {
  std::string name;
  std::string project;  ///< compose project and service; empty: not of compose
  std::string service;
  unsigned number = 1;
  std::map<std::string, std::string> labels;  ///< besides compose's
  RestartPolicy restart = RestartPolicy::No;
  Duration starts_in = 2s;         ///< from its start to its first good answer
  Duration recovers_in{0};         ///< more of that after an unclean stop
  Duration stops_in = 300ms;       ///< after SIGTERM
  Duration check_interval{0};      ///< of its HEALTHCHECK; 0: it has none
  Duration rule_for{0};            ///< of its rule of Prometheus: unhealthy so long, it fires; 0: it has none
  bool published = true;           ///< has a port on the host
  std::vector<std::string> needs;  ///< fails without them, and says so by 503
  std::string network_of;          ///< shares this unit's network
  bool operator==(const Unit&) const = default;
};

/// A whole world, from its seed to its end.
struct Script {
  std::uint64_t seed = 1;
  Dialect dialect = Dialect::Docker20;
  Duration length = 24h;
  Duration resync = 60s;
  double noise = 0;                             ///< of events doubled and delayed, of late inspects
  double lost_orders = 0;                       ///< share of orders that end otherwise than asked
  double lost_resolves = 0;                     ///< share of alerts whose end is never notified
  std::map<std::string, std::string> settings;  ///< healer's, as environment variables
  std::vector<Unit> units;
  std::vector<Happening> happenings;  ///< by time
  bool operator==(const Script&) const = default;
};

const char* to_string(Failure failure);
const char* to_string(FixedBy fixed_by);
const char* to_string(What what);

std::string to_text(const Happening& happening);
/// The form of the files in regressions/.
std::string to_text(const Script& script);
Result<Script> parse_script(const std::string& text);

/// Hours of containers that it holds.
double container_hours(const Script& script);

}  // namespace healer::simulation
