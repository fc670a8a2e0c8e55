#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <boost/json/object.hpp>

#include "guard/engine_client.hpp"
#include "guard/facts.hpp"
#include "guard/hider.hpp"
#include "guard/policy.hpp"

namespace healer::guard {

/// One container, inspected now.
struct Inspected {
  boost::json::object answer;
  std::string text;  ///< the answer's bytes
  Facts facts;
  std::shared_ptr<const Hider> hider;
};

/// What does not change in a container's life.
struct Profile {
  View view = View::Outline;
  std::string lineage;
  std::shared_ptr<const Hider> hider;
  std::string image_id = {};
};

/// The guard's own inspects. Labels of images and profiles of containers are kept. May be used by several
/// threads.
class Catalogue {
 public:
  Catalogue(const EngineClient& engine, const Settings& settings) : engine_(engine), settings_(settings) {}

  /// Resolves a name, an id or its beginning, and inspects. NotFound, Ambiguous or Engine.
  Ruled<Inspected> inspect(const std::string& target);
  /// Of a full id; the outline's if the container is gone.
  std::shared_ptr<const Profile> profile(const std::string& id);
  /// The image is that of a container that opted in, so healer may ask for its labels.
  bool image_is_shown(const std::string& image_id);

 private:
  std::optional<docker::Labels> labels_of(const std::string& image_id);
  void keep(const Facts& facts, const std::shared_ptr<const Hider>& hider);

  const EngineClient& engine_;
  const Settings& settings_;
  std::mutex mutex_;
  std::map<std::string, docker::Labels> images_;
  std::map<std::string, std::shared_ptr<const Profile>> profiles_;
  std::deque<std::string> oldest_first_;
  std::set<std::string> shown_images_;
};

}  // namespace healer::guard
