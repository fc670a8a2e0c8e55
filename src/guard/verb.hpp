#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "guard/request.hpp"
#include "guard/rules.hpp"

namespace healer::guard {

// All that can be asked of the guard. `word`: for the audit file. `target`: a container's name, id or the
// beginning of an id, as asked.

struct PingVerb {
  static constexpr const char* word = "ping";
  bool head_only = false;
};
struct VersionVerb {
  static constexpr const char* word = "version";
};
struct InfoVerb {
  static constexpr const char* word = "info";
};
/// The guard's own metrics, for healer to pass on.
struct MetricsVerb {
  static constexpr const char* word = "metrics";
};
/// Times in the engine's form, "1700000000.000000000"; empty: none.
struct EventsVerb {
  static constexpr const char* word = "events";
  std::string since;
  std::string until;
};
struct ListVerb {
  static constexpr const char* word = "list";
};
struct NetworksVerb {
  static constexpr const char* word = "networks";
};
struct ImageVerb {
  static constexpr const char* word = "image";
  std::string id;  ///< "sha256:..."
};
struct InspectVerb {
  static constexpr const char* word = "inspect";
  std::string target;
};
struct LogsVerb {
  static constexpr const char* word = "logs";
  std::string target;
  unsigned lines = 0;
  std::uint8_t streams = 0;  ///< 1: stdout, 2: stderr
  bool timestamps = false;
};
struct TopVerb {
  static constexpr const char* word = "top";
  std::string target;
};
struct StatsVerb {
  static constexpr const char* word = "stats";
  std::string target;
  bool one_shot = false;
};
struct StartVerb {
  static constexpr const char* word = "start";
  std::string target;
};
struct StopVerb {
  static constexpr const char* word = "stop";
  std::string target;
  std::optional<unsigned> seconds;
};
struct RestartVerb {
  static constexpr const char* word = "restart";
  std::string target;
  std::optional<unsigned> seconds;
};
struct KillVerb {
  static constexpr const char* word = "kill";
  std::string target;
  std::string signal;  ///< "HUP"
};
struct ExecCreateVerb {
  static constexpr const char* word = "exec_create";
  std::string target;
  std::vector<std::string> command;
};
struct ExecStartVerb {
  static constexpr const char* word = "exec_start";
  std::string exec_id;
};
struct ExecInspectVerb {
  static constexpr const char* word = "exec_inspect";
  std::string exec_id;
};
struct RecreateVerb {
  static constexpr const char* word = "recreate";
  std::string id;  ///< the full one
  std::optional<unsigned> seconds;
  std::string network_parent;  ///< full id; empty: the recorded one
  std::string mark;   ///< part of the containers' names meanwhile, [a-z0-9]; empty: the guard chooses
  std::string image;  ///< "sha256:..." that was healthy on this workload; empty: the container's own
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
/// "sha256:" and a full id.
bool is_image_id(std::string_view id);

/// "restart", for the audit file.
const char* name_of(const Verb& verb);
/// The container, exec or image that it is about; empty: none.
std::string subject_of(const Verb& verb);

}  // namespace healer::guard
