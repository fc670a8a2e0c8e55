#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/result.hpp"
#include "engine/docker/labels.hpp"
#include "guard/settings.hpp"

namespace healer::guard {

enum class OptIn { No, ByImage, Own };

/// What the guard's own inspect shows of a container.
struct Facts {
  std::string id;
  std::string name;      ///< without the leading '/'
  std::string image_id;  ///< "sha256:..."
  docker::Labels labels;
  docker::Labels own_labels;  ///< those that the image does not have with the same value
  std::string service;        ///< "project/service" of compose, proven; else empty
  std::string lineage;        ///< survives recreation: "project/service/number", else the name
  std::string status;         ///< "running", "exited"
  OptIn opt_in = OptIn::No;
  bool one_off = false;
  std::string owner;                 ///< who else starts and stops it; empty: nobody
  std::vector<std::string> hazards;  ///< privileges that reach beyond the container, in words
  std::string network_parent;        ///< id in "container:..."; empty: none
  std::vector<std::string> environment;
  std::vector<std::string> exec_ids;

  bool running() const { return status == "running" || status == "restarting" || status == "paused"; }
};

/// Reads the answer of GET /containers/{id}/json. `image`: the labels of its image; empty: not known, then
/// every label counts as the image's. Protocol: the answer has no id, name or state.
Result<Facts> read_facts(const boost::json::object& inspect, const std::optional<docker::Labels>& image,
                         const Settings& settings);

/// The labels in the answer of GET /images/{id}/json.
docker::Labels image_labels(const boost::json::object& image);

/// Whether these labels opt in; `image` as above.
OptIn opt_in_of(const docker::Labels& labels, const std::optional<docker::Labels>& image);

/// The entry of a table for this workload: by its container's name or its service of compose.
template <class Table>
const typename Table::mapped_type* entry_for(const Table& table, const Facts& facts) {
  auto found = table.find(facts.name);
  if (found == table.end() && !facts.service.empty()) found = table.find(facts.service);
  return found == table.end() ? nullptr : &found->second;
}

/// Protocol: the text is no JSON object.
Result<boost::json::object> object_of(std::string_view text);
// Readers that give an empty value where the answer has another type.
std::string text_at(const boost::json::object& object, std::string_view key);
const boost::json::object& object_at(const boost::json::object& object, std::string_view key);
const boost::json::array& array_at(const boost::json::object& object, std::string_view key);
bool flag_at(const boost::json::object& object, std::string_view key);
std::vector<std::string> texts_at(const boost::json::object& object, std::string_view key);
docker::Labels labels_at(const boost::json::object& object, std::string_view key);

}  // namespace healer::guard
