#pragma once

#include <boost/json.hpp>

#include <string>

#include "support/engine/engine_state.hpp"
#include "support/scripted_server.hpp"

namespace healer::testing {

class ScriptedEngine;

/// The HTTP API of the scripted engine: paths, statuses and error texts as in moby.
class EngineApi {
 public:
  explicit EngineApi(ScriptedEngine& engine) : engine_(engine) {}
  /// One connection, until its end.
  void serve(Peer& peer);

 private:
  std::string reply(int status, const boost::json::value& body) const;
  std::string no_content() const;
  std::string message(int status, const std::string& text) const;

  std::string name_in_use(const std::string& name) const;
  bool has_name(const std::string& name) const;
  bool loses_answer(const EngineCall& call);
  /// The name of the container or network that an order is about.
  std::string subject_of(const EngineCall& call, const std::vector<std::string>& parts,
                         const std::string& verb);

  void stream_events(Peer& peer, const EngineCall& call);
  void run_exec(Peer& peer, const std::string& id, bool upgrade);
  std::string answer_to(const EngineCall& call);
  std::string container_list(const EngineCall& call);
  std::string container_question(ScriptedContainer& container, const std::string& what,
                                 const EngineCall& call);
  std::string logs(const ScriptedContainer& container, const EngineCall& call) const;
  std::string order(ScriptedContainer& container, const std::string& verb, const EngineCall& call);
  std::string create(const EngineCall& call);
  std::string networks(const std::vector<std::string>& parts, const EngineCall& call);
  std::string image(const std::string& reference);

  ScriptedEngine& engine_;
};

}  // namespace healer::testing
