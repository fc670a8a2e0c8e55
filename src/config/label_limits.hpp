#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "model/describe.hpp"
#include "model/policy.hpp"

namespace healer {

/// How far the labels of a container are believed. Whoever may set a label is not always an operator: an
/// image's author writes labels, too. docs/security.md, "Labels".
BOOST_DEFINE_ENUM_CLASS(LabelTrust,
                        Full,      ///< labels may ask for anything
                        Limited,   ///< for what LabelLimits allows
                        OptInOnly  ///< they opt in and out, and say nothing else
)

/// What labels may ask for, each container and all together: only what costs or harms others has a limit.
/// What the operator's own default asks for is always allowed.
struct LabelLimits {
  Duration interval = 250ms;  ///< at least
  Duration timeout = 1min;    ///< at most, as all below up to `attempts`
  Duration start_period = 6h;
  Duration stop_timeout = 5min;
  unsigned failure_threshold = 100;
  unsigned success_threshold = 100;
  /// Unset, this and the next two are 15 min and 20 attempts in 10 min. load() gives them the operator's own
  /// VERIFY_LIMIT and BUDGET, if these are set: who allows two attempts an hour means no label to allow more.
  std::optional<Duration> verify_limit;
  std::optional<unsigned> attempts;
  std::optional<Duration> attempts_window;  ///< at least
  Duration notification_cooldown = 30s;     ///< at least
  unsigned probes = 8;                      ///< at most; named ones
  unsigned exec_rate = 20;       ///< commands of checks that begin in a second, of all containers together
  unsigned check_rate = 10'000;  ///< checks by address, likewise
  std::vector<RemedyKind> remedies = {};  ///< those that a label's ladder may have; empty: every one
  bool operator==(const LabelLimits&) const = default;
};
HEALER_DESCRIBE(LabelLimits, interval, timeout, start_period, stop_timeout, failure_threshold,
                success_threshold, verify_limit, attempts, attempts_window, notification_cooldown, probes,
                exec_rate, check_rate, remedies);

/// A setting that was beyond its limit and now is at it.
struct ClippedSetting {
  std::string_view key;  ///< of the workload setting
  std::string problem;   ///< "is below the limit of labels, 250ms, which applies (limits: interval)"
};

/// Puts the policy that a container's labels ask for within the limits. `own`: the operator's defaults.
std::vector<ClippedSetting> clip(Policy& policy, const Policy& own, const LabelLimits& limits);

}  // namespace healer
