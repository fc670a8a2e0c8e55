#pragma once

#include <optional>
#include <string>

#include "core/workload/alert.hpp"
#include "core/workload/view.hpp"

namespace healer {

/// Without an answer after this time, it is unknown whether an alert still fires.
inline constexpr Duration confirmation_limit = 10s;
/// While no attempt is allowed, the source is asked this often, so that a silenced alert ends.
inline constexpr Duration confirmation_interval = 5min;

/// Whether the alerts that make a workload unhealthy allow an attempt now. HEALING.md 2.
///
/// For each alert that counts:
///
///   answer of its source | and                                            | state
///   ---------------------+------------------------------------------------+----------------------------------
///   none yet             |                                                | Asking
///   fires, or unknown    | an attempt did not end it, and the workload    | Outlasted; asked every 5 min
///                        | has a probe                                    |
///   unknown              | its newest notification led to an attempt      | Used; asked every 5 min
///   fires, or unknown    | the answer is older than 30 s                  | Asking
///   fires, or unknown    | otherwise                                      | Granted
///   over                 |                                                | the alert ends
///
/// Of several alerts the first of Asking, Granted, Outlasted, Used counts.
struct AlertPermit {
  enum class State { Granted, Asking, Outlasted, Used };
  State state = State::Granted;
  std::string alert;             ///< name of the alert that decides
  std::string answer;            ///< Used: what its source answered; empty: nothing in time
  std::optional<Instant> until;  ///< Asking: its latest end
};

/// Only an alert makes the workload unhealthy: no check has failed for long enough.
bool caused_by_alert(const View& view);
AlertPermit alert_permit(const View& view);
/// An alert that counts, and whose source must be asked now.
bool asks_now(const View& view, const FiringAlert& alert);
/// What the source of an alert that counts answered instead of whether it still fires; empty text: nothing in
/// time; none: it is known.
std::optional<std::string> unconfirmed(const View& view);

/// From when on the alert makes the workload unhealthy: an alert that is older than the instance gets the
/// policy's alert_lookback, and so does one that failing checks explain which do not fail any more.
Instant counts_from(const Workload& workload, const FiringAlert& alert);
bool is_about(const AlertCheck& check, const FiringAlert& alert);
/// The newest answer about the alert; null: never asked.
const AlertCheck* check_of(const Alerts& alerts, const FiringAlert& alert);

}  // namespace healer
