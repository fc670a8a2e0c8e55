#include "guard/rules.hpp"

#include <array>
#include <cstdlib>

namespace healer::guard {
namespace {

struct Row {
  Rule rule;
  const char* name;
  int status;
};

constexpr std::array rows{
    Row{Rule::RequestLine, "request_line", 400},
    Row{Rule::Path, "path", 400},
    Row{Rule::Query, "query", 400},
    Row{Rule::Header, "header", 400},
    Row{Rule::Coding, "coding", 400},
    Row{Rule::Upgrade, "upgrade", 400},
    Row{Rule::Length, "length", 400},
    Row{Rule::Pipelined, "pipelined", 400},
    Row{Rule::Version, "version", 400},
    Row{Rule::Json, "json", 400},
    Row{Rule::Slow, "slow", 408},
    Row{Rule::Peer, "peer", 403},
    Row{Rule::Verb, "verb", 403},
    Row{Rule::NotFound, "not_found", 404},
    Row{Rule::Ambiguous, "ambiguous", 403},
    Row{Rule::OptIn, "opt_in", 403},
    Row{Rule::ImageOptIn, "image_opt_in", 403},
    Row{Rule::Itself, "itself", 403},
    Row{Rule::OneOff, "one_off", 403},
    Row{Rule::Owner, "owner", 403},
    Row{Rule::Remedy, "remedy", 403},
    Row{Rule::Signal, "signal", 403},
    Row{Rule::StopTimeout, "stop_timeout", 403},
    Row{Rule::Command, "command", 403},
    Row{Rule::ExecHandle, "exec_handle", 403},
    Row{Rule::ExecRate, "exec_rate", 429},
    Row{Rule::Hazard, "hazard", 403},
    Row{Rule::NetworkParent, "network_parent", 403},
    Row{Rule::Image, "image", 403},
    Row{Rule::FullId, "full_id", 403},
    Row{Rule::Body, "body", 403},
    Row{Rule::Paused, "paused", 403},
    Row{Rule::OperatorStopped, "operator_stopped", 403},
    Row{Rule::WorkloadBudget, "workload_budget", 429},
    Row{Rule::HostBudget, "host_budget", 429},
    Row{Rule::DownShare, "down_share", 429},
    Row{Rule::Busy, "busy", 503},
    Row{Rule::Journal, "journal", 503},
    Row{Rule::Engine, "engine", 502},
};

const Row& row_of(Rule rule) {
  for (const Row& row : rows)
    if (row.rule == rule) return row;
  return rows.back();
}

}  // namespace

std::string to_string(Rule rule) {
  return row_of(rule).name;
}

int status_of(Rule rule) {
  return row_of(rule).status;
}

#ifdef HEALER_GUARD_PLANTS
bool holds(Rule rule) {
  static const std::string planted = [] {
    const char* value = std::getenv("HEALER_GUARD_PLANT");
    return std::string(value ? value : "");
  }();
  return planted != to_string(rule);
}
#endif

}  // namespace healer::guard
