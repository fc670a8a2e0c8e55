#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace healer::guard {

/// Every reason why the guard refuses a request. The name stands in the answer, the log and the audit file.
enum class Rule {
  RequestLine,      ///< the request line is not METHOD SP /path SP HTTP/1.1
  Path,             ///< characters, empty segments or dot segments in the path
  Query,            ///< an unknown or repeated key, or a value that is not accepted
  Header,           ///< a header line that is malformed, or too many
  Coding,           ///< Transfer-Encoding
  Upgrade,          ///< Upgrade, HTTP2-Settings or Expect
  Length,           ///< Content-Length: repeated, not a number, too large, or not wanted
  Pipelined,        ///< bytes after the request
  Version,          ///< no API version, or one that is not accepted
  Json,             ///< a body that is no JSON, or has unknown, repeated or look-alike keys
  Slow,             ///< the request was not complete in time
  Peer,             ///< another user than healer's
  Verb,             ///< a call that is in no list
  NotFound,         ///< the engine has no such container
  Ambiguous,        ///< what the engine answered is not the container that was asked for
  OptIn,            ///< the container did not opt in
  ImageOptIn,       ///< the container opted in by a label of its image alone
  Itself,           ///< the guard's or healer's own container
  OneOff,           ///< started by an operator for one task
  Owner,            ///< another system starts and stops it
  Remedy,           ///< not a configured remedy of the container
  Signal,           ///< not a signal in the list
  StopTimeout,      ///< t above its limit
  Command,          ///< a command that neither label nor operator names
  ExecHandle,       ///< an exec that the guard did not create for this use
  ExecRate,         ///< too many commands
  Hazard,           ///< privileges or mounts that need the operator's word
  NetworkParent,    ///< not seen to succeed the recorded parent
  Image,            ///< not seen healthy on the workload
  FullId,           ///< a name or the beginning of an id, at the plugin
  Body,             ///< the engine does not show the plugin a body, or not the one that the guard derives
  Paused,           ///< paused, in the engine or at the guard
  OperatorStopped,  ///< stopped by an operator, or not running since before the guard could see
  WorkloadBudget,   ///< too many orders for the workload
  HostBudget,       ///< too many orders for the host
  DownShare,        ///< too many workloads are down by the guard's own orders
  Busy,             ///< an order for this container is under way, or too many connections are open
  Journal,          ///< the order could not be written down
  Engine,           ///< the engine did not answer, or not as it should
};

/// "opt_in"
std::string to_string(Rule rule);
/// The HTTP status of a refusal: 400 for a malformed request, 403, 404, 429, 502 or 503.
int status_of(Rule rule);

struct Refusal {
  Rule rule = Rule::Verb;
  std::string reason;  ///< one sentence for the operator
};

template <class T>
using Ruled = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(Rule rule, std::string reason) {
  return tl::unexpected<Refusal>(Refusal{rule, std::move(reason)});
}

/// Whether the rule holds. Always, but in the test build that proves that each rule is needed: there the
/// rule in HEALER_GUARD_PLANT does not.
#ifdef HEALER_GUARD_PLANTS
bool holds(Rule rule);
#else
constexpr bool holds(Rule) {
  return true;
}
#endif

/// Every check reads: if (breaks(Rule::X, condition)) return refuse(Rule::X, ...).
inline bool breaks(Rule rule, bool condition) {
  return condition && holds(rule);
}

}  // namespace healer::guard
