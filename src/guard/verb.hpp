#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "guard/request.hpp"
#include "guard/rules.hpp"

namespace healer::guard {

// All that can be asked of the guard. `target`: a container's name, id or the beginning of an id, as asked.

struct PingVerb {
  bool head_only = false;
};
struct VersionVerb {};
struct InfoVerb {};
/// The guard's own metrics, for healer to pass on.
struct MetricsVerb {};
/// Times in the engine's form, "1700000000.000000000"; empty: none.
struct EventsVerb {
  std::string since;
  std::string until;
};
struct ListVerb {};
struct NetworksVerb {};
struct ImageVerb {
  std::string id;  ///< "sha256:..."
};
struct InspectVerb {
  std::string target;
};
struct LogsVerb {
  std::string target;
  unsigned lines = 0;
  std::uint8_t streams = 0;  ///< 1: stdout, 2: stderr
  bool timestamps = false;
};
struct TopVerb {
  std::string target;
};
struct StatsVerb {
  std::string target;
  bool one_shot = false;
};
struct StartVerb {
  std::string target;
};
struct StopVerb {
  std::string target;
  std::optional<unsigned> seconds;
};
struct RestartVerb {
  std::string target;
  std::optional<unsigned> seconds;
};
struct KillVerb {
  std::string target;
  std::string signal;  ///< "HUP"
};
struct ExecCreateVerb {
  std::string target;
  std::vector<std::string> command;
};
struct ExecStartVerb {
  std::string exec_id;
};
struct ExecInspectVerb {
  std::string exec_id;
};
struct RecreateVerb {
  std::string id;  ///< the full one
  std::optional<unsigned> seconds;
  std::string network_parent;  ///< full id; empty: the recorded one
  std::string mark;  ///< part of the containers' names meanwhile, [a-z0-9]; empty: the guard chooses
};

using Verb =
    std::variant<PingVerb, VersionVerb, InfoVerb, MetricsVerb, EventsVerb, ListVerb, NetworksVerb, ImageVerb,
                 InspectVerb, LogsVerb, TopVerb, StatsVerb, StartVerb, StopVerb, RestartVerb, KillVerb,
                 ExecCreateVerb, ExecStartVerb, ExecInspectVerb, RecreateVerb>;

inline constexpr unsigned longest_stop_seconds = 300;
inline constexpr unsigned most_log_lines = 1000;

/// Reads the one verb that the request asks for. Query keys and body keys that a verb does not have are
/// refused.
Ruled<Verb> verb_of(const Request& request);

/// Whether this is a full id: 64 hexadecimal digits in small letters.
bool is_full_id(std::string_view id);

/// "restart", for the audit file.
const char* name_of(const Verb& verb);
/// The container, exec or image that it is about; empty: none.
std::string subject_of(const Verb& verb);

}  // namespace healer::guard
