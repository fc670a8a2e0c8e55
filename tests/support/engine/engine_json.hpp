#pragma once

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "support/engine/engine_state.hpp"

namespace healer::testing {

/// The answers of the engine's API, with the fields that moby writes.
boost::json::object inspect_json(const ScriptedContainer& container,
                                 const std::vector<std::string>& exec_ids);
boost::json::object summary_json(const ScriptedContainer& container);
boost::json::object network_json(const std::string& name,
                                 const std::vector<const ScriptedContainer*>& attached);
boost::json::object exec_json(const ScriptedExec& exec);
boost::json::object stats_json(const ScriptedContainer& container);
boost::json::object version_json(const std::string& api, const std::string& least);
boost::json::object info_json(std::size_t containers, const std::vector<std::string>& security);

/// An event of a container with attributes of its own. As in moby, the container's labels win over them, and
/// the container's image and name over its labels.
boost::json::object container_event(const ScriptedContainer& container, const std::string& action,
                                    boost::json::object attributes, EngineTime at);
boost::json::object network_event(const ScriptedContainer& container, const std::string& network,
                                  const std::string& action, EngineTime at);

}  // namespace healer::testing
