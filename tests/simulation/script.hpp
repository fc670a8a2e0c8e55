#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/container.hpp"
#include "model/event.hpp"
#include "support/model_engine.hpp"

namespace healer::simulation {

using testing::Dialect;

/// What is wrong with a container's service.
enum class Failure {
  None,
  Error,        ///< answers 503
  Hang,         ///< accepts connections, never answers, and ignores SIGTERM
  Refuse,       ///< the process runs, the port is closed
  Crash,        ///< exits by itself, once
  Loop,         ///< exits by itself some seconds after each start
  OutOfMemory,  ///< is killed by the kernel, once
  Flap,         ///< healthy for some seconds after each start, then answers 503
  Slow,         ///< passes every check; only its Prometheus rule fires
  // The field's: the application works, and its health path says something else.
  RateLimited,  ///< answers 429
  Maintenance,  ///< answers 503, and says that it is in maintenance
  Busy,         ///< answers 503 with Retry-After
  Login,        ///< answers 401: something was put in front of it
  Missing,      ///< answers 404
  Gateway,      ///< its proxy answers 502
};

/// What the configured probe meets while the service works.
enum class Front {
  Right,      ///< the service
  WrongPath,  ///< 404
  WrongPort,  ///< nothing listens; an exec probe: the command is not there
  NotHttp,    ///< another protocol
  Redirect,   ///< 302
  Login,      ///< 401
};

/// What ends a fault.
enum class FixedBy {
  Restart,   ///< any new instance
  Reload,    ///< a signal or a command inside, or a new instance
  Recreate,  ///< a new container
  Alone,     ///< time: a restart changes nothing
  Operator,  ///< a long time, after which an operator repairs it
};

/// One happening of a script. It is data, so that a script can be printed, read back and shortened.
enum class What {
  Fault,  ///< with unit, failure, fixed_by, and lasts (for Alone and Operator)
  Stop,   ///< this and the next ones, to Remove: an operator uses the engine
  Start,
  Restart,
  Kill,  ///< SIGKILL
  Hup,   ///< SIGHUP, which does not stop the container
  Pause,
  Unpause,
  Deploy,  ///< a new container of the same name
  Remove,
  Blip,      ///< no answer from `share` of the units while it lasts
  Outage,    ///< `share` of the units answer 503 while it lasts, because something they share is gone
  NoRoute,   ///< healer cannot reach anything
  NoFiles,   ///< healer has no descriptors left
  Cut,       ///< the event stream ends; the engine can be reached at once
  Lost,      ///< the engine does not answer; containers keep running (live-restore)
  Shutdown,  ///< the engine stops all containers and exits; the next one starts those with a restart policy
  Killed,    ///< the engine is killed; the next one stops the containers that are left, then starts the same
  Hangs,     ///< the engine answers nothing
  Errors,    ///< the engine answers 500
  Denies,    ///< a proxy answers 403 to every call that changes a container
  Unwritable,  ///< commits fail
  SlowStore,   ///< commits take seconds
  Die,         ///< kill -9 of healer after `count` further calls it makes (count < 0: so many after its next
               ///< order); a new one `lasts` later
  Stall,       ///< healer's loop stands still
  Clock,       ///< the wall clock jumps ahead by `lasts`, or back (count < 0)
  Silence,     ///< the notification channel accepts nothing
  OpPause,     ///< this and the next ones: commands of an operator to healer
  OpResume,
  OpReset,
  OpHeal,
  // The field's: generate_field.cpp.
  Release,   ///< a deployment of a new image; its first start takes `lasts` longer; count 1: its health path
             ///< has moved, 2: the path is right again
  Move,      ///< the unit gets another address on its network; half of these changes send no event
  Inside,    ///< an operator's command runs in the container, which answers nothing meanwhile
  Suspend,   ///< the machine sleeps; afterwards `share` of the units answer nothing for some seconds
  Pressure,  ///< the host has no memory or disk to spare: `share` of the units answer nothing
  Forget,    ///< the engine's memory of events overflows
  Stranger   ///< an alert that names the unit and is not about it, or asks for nothing; count: StrangerKind
};

/// Happening::count of Stranger.
enum class StrangerKind {
  OtherHost,      ///< a container of that name on another host
  Predecessor,    ///< the container's predecessor: `id` is another one's
  AsksForNothing  ///< no label healer_action=heal
};

struct Happening {
  Duration at{0};  ///< since the world began
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
  std::string project;  ///< compose project and service; empty: not made by compose
  std::string service;
  unsigned number = 1;
  std::map<std::string, std::string> labels;  ///< besides those of compose
  RestartPolicy restart = RestartPolicy::No;
  Duration starts_in = 2s;         ///< from a start to the first pass
  Duration recovers_in{0};         ///< added to starts_in after an unclean stop
  Duration stops_in = 300ms;       ///< from SIGTERM to the exit
  Duration check_interval{0};      ///< interval of its HEALTHCHECK; 0: none
  Duration rule_for{0};            ///< the `for` of its Prometheus rule; 0: no rule
  bool published = true;           ///< has a port on the host
  std::vector<std::string> needs;  ///< units without which it answers 503
  std::string network_of;          ///< shares this unit's network
  // The field's.
  Front front = Front::Right;
  std::string owner;         ///< who starts and stops it; empty: nobody else
  bool check_runs = true;    ///< false: the command of its HEALTHCHECK is not in the image
  bool own_address = false;  ///< not published; its address on its network may change
  Duration job{0};           ///< it ends by itself after so long; 0: it is a server
  int job_code = 0;          ///< the exit code then
  bool operator==(const Unit&) const = default;
};

/// A whole world, from its seed to its end.
struct Script {
  std::uint64_t seed = 1;
  Dialect dialect = Dialect::Docker20;
  Duration length = 24h;
  Duration resync = 60s;
  bool only_replaces = false;  ///< the engine is an orchestrator: it can replace an instance, nothing else
  double noise = 0;            ///< share of events repeated or delayed, and of inspects answered late
  double lost_orders = 0;      ///< share of orders with another fate than Done
  double lost_resolves = 0;    ///< share of alerts whose end Alertmanager never sends
  /// The engine tells image ids, creations and what it forgot, and alerts have labels.
  bool field = false;
  double silenced = 0;    ///< field: share of alerts that an operator silences soon
  double unanswered = 0;  ///< field: share of alerts about which Alertmanager gives no answer
  std::map<std::string, std::string> settings;  ///< settings of healer, as environment variables
  std::vector<Unit> units;
  std::vector<Happening> happenings;  ///< by time
  Capabilities capabilities() const;
  bool operator==(const Script&) const = default;
};

const char* to_string(Failure failure);
const char* to_string(FixedBy fixed_by);
const char* to_string(Front front);
const char* to_string(What what);

std::string to_text(const Happening& happening);
/// The script in the form of the files in regressions/.
std::string to_text(const Script& script);
Result<Script> parse_script(const std::string& text);

/// The container-hours of a script: its units times its length.
double container_hours(const Script& script);

}  // namespace healer::simulation
