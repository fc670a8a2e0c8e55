#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <boost/json/object.hpp>

#include "guard/gate.hpp"
#include "guard/recreation.hpp"

namespace healer::guard {

/// The guard as the engine's authorization plugin (healer-guard --authz): the engine asks before and after
/// each call, and the client makes the call itself. Only calls of the operator's certificate are judged, by
/// the gate's decisions; a body must be the one that the guard derives, byte for byte. A recreation is the
/// calls of Recreation, in the order in which what exists asks for them. Used by several threads.
class Plugin {
 public:
  explicit Plugin(Gate& gate) : gate_(gate) {}

  /// The answer to a request of the engine: /Plugin.Activate, /AuthZPlugin.AuthZReq or /AuthZPlugin.AuthZRes.
  Reply answer(const Request& from_engine);

 private:
  /// A recreation whose calls the client makes.
  struct Session {
    Session(RecreationRecord of, Recreation steps_of)
        : record(std::move(of)), recreation(std::move(steps_of)) {}
    RecreationRecord record;
    Recreation recreation;
    std::mutex mutex;
    std::map<docker::RecreateStep, std::size_t> steps;
  };
  using SharedSession = std::shared_ptr<Session>;

  Ruled<void> judge(const Request& request);
  Ruled<void> judge_verb(const Request& request, const Verb& verb);
  Ruled<void> judge_order(const Request& request, OrderKind kind, const std::string& target,
                          const std::string& signal);
  Ruled<void> judge_creation(const Request& request);
  /// Whether the call is a step of a recreation that is under way.
  Ruled<bool> judge_step(const Request& request);
  /// The engine answered the call.
  void answered(const Request& request, const boost::json::object& message);
  SharedSession session_of(const std::string& container_id);
  /// Ends the session if nothing of the recreation is left to do.
  void settle(const SharedSession& session);
  void adopt_unfinished();

  Gate& gate_;
  std::mutex mutex_;
  std::map<std::string, Gate::Ordered> open_;  ///< orders without an answer, by their target with the query
  std::map<std::string, SharedSession> sessions_;  ///< by the id of the old container
};

}  // namespace healer::guard
