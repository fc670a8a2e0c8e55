#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace healer::guard {

/// What may be done to a workload.
struct Remedies {
  std::set<std::string> orders;  ///< of "restart", "start", "stop", "recreate"
  std::set<std::string> signals;
  std::vector<std::vector<std::string>> commands;
};

enum class ImageOptIn { Refused, Accepted };

/// Where the guard stands: between healer and the engine, or beside the engine, which asks it.
enum class Mode { Socket, Plugin };

struct AuditLimits {
  std::uint64_t file_bytes = 4 * 1024 * 1024;
  std::size_t former_files = 16;  ///< that are kept
};

/// The operator's file.
struct Settings {
  Mode mode = Mode::Socket;  ///< by the command line
  std::string engine = "/var/run/docker.sock";
  std::string socket = "/run/healer-guard/guard.sock";
  std::string admin_socket = "/run/healer-guard/admin.sock";
  std::string state = "/var/lib/healer-guard";
  std::string authz_socket = "/run/docker/plugins/healer-guard.sock";
  std::string authz_user;              ///< common name of healer's certificate, which the plugin judges
  std::optional<unsigned> engine_gid;  ///< group to take while the engine's socket does not exist yet
  unsigned uid = 65531;                ///< of the guard
  unsigned client_uid = 65532;         ///< of healer
  std::set<std::string> own;           ///< names of the containers that the guard and healer run in
  /// The kinds of remedies that a label may choose.
  std::set<std::string> label_remedies{"restart", "start", "stop", "kill", "exec", "recreate"};
  std::set<std::string> signals{"HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH"};
  Remedies default_remedies{{"restart", "start"}, {}, {}};
  std::map<std::string, Remedies> remedies;  ///< of a workload, beside its label's
  std::map<std::string, std::vector<std::vector<std::string>>> commands;  ///< of a workload, for probes
  std::set<std::string> hazardous;  ///< workloads with privileges that may be recreated and entered
  AuditLimits audit;
  ImageOptIn image_opt_in = ImageOptIn::Refused;
};

/// Reads NAME=value lines; '#' begins a comment. InvalidInput names the line, what is wrong, and what is
/// accepted.
Result<Settings> parse_settings(std::string_view text);

/// Reads the file. It must belong to root, and nobody else may write it. A missing file is an error only if
/// `path` is not the default.
Result<Settings> load_settings(const std::string& path);

inline constexpr const char* default_settings_path = "/etc/healer-guard/guard.conf";

/// Reads a ladder as in healer's setting `remedies`. Empty message: it is accepted.
tl::expected<Remedies, std::string> parse_remedies(std::string_view text);

}  // namespace healer::guard
