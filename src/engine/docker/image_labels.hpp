#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "engine/docker/caller.hpp"
#include "engine/docker/labels.hpp"

namespace healer::docker {

/// The labels of images, by GET /images/{id}/json. An image id names its content, so an answer holds for
/// ever: the labels of the newest `most_images` images are kept.
///
///   the engine's answer                 | result
///   ------------------------------------+---------------------------------------------------------------
///   200                                 | the labels
///   401, 403, 405                       | a problem, also for all other images until forget_refusal()
///   404                                 | a problem: the image is gone
///   none (timeout, connection lost)     | an error: the caller asks again later
///   another one (500, malformed)        | an error; from the third one in a row on a problem
class ImageLabels {
 public:
  using Done = std::function<void(Result<ImageEvidence>)>;
  static constexpr std::size_t most_images = 512;

  /// `caller` must outlive this object.
  explicit ImageLabels(Caller& caller) : caller_(caller) {}

  /// Calls `done` once, possibly from inside the call.
  void find(const std::string& image_id, Done done);
  /// For a new connection: a socket proxy may have other rules now.
  void forget_refusal() { refused_ = false; }

 private:
  void answered(const std::string& image_id, const Result<net::HttpAnswer>& answer);
  Result<ImageEvidence> read(const std::string& image_id, const Result<net::HttpAnswer>& answer);
  void keep(const std::string& image_id, Labels labels);

  Caller& caller_;
  bool refused_ = false;
  std::unordered_map<std::string, Labels> known_;
  std::deque<std::string> oldest_first_;
  std::unordered_map<std::string, unsigned> failures_;       ///< in a row, of images that are not known
  std::unordered_map<std::string, std::vector<Done>> open_;  ///< calls under way, and who waits for them
};

}  // namespace healer::docker
