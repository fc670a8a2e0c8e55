#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "guard/hider.hpp"
#include "guard/policy.hpp"

namespace healer::guard {

// What healer sees of the engine's answers: members in a list of known ones; no value of an environment;
// texts without the container's own secrets, and clipped. A member that is not in the list is left out.

boost::json::object shown_inspect(const boost::json::object& inspect, View view, const Hider& hider);
boost::json::object shown_list_entry(const boost::json::object& entry, View view, const Hider& hider);
boost::json::object shown_event(const boost::json::object& event, View view, const Hider& hider);
boost::json::object shown_version(const boost::json::object& version);
boost::json::object shown_info(const boost::json::object& info);
boost::json::array shown_networks(const boost::json::array& networks);
/// The id, and the labels of compose and of owners.
boost::json::object shown_image(const boost::json::object& image);
boost::json::object shown_top(const boost::json::object& top, const Hider& hider);
boost::json::object shown_stats(const boost::json::object& stats);
boost::json::object shown_exec(const boost::json::object& exec, const Hider& hider);

/// One frame of the engine's output stream, with text of stdout.
std::string output_frame(std::string_view text);

}  // namespace healer::guard
