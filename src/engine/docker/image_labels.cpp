#include "engine/docker/image_labels.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "engine/docker/json_container.hpp"

namespace healer::docker {
namespace {

using net::HttpAnswer;

constexpr unsigned failures_in_a_row = 3;
constexpr std::size_t most_failures = 1000;
constexpr const char* refused_text =
    "a socket proxy or an authorization plugin forbids GET /images/{id}/json, which shows whether the labels "
    "of compose come from the image; allow it (IMAGES=1 in docker-socket-proxy)";

/// "sha256:0123..." or "0123...". The colon is sent as it is: socket proxies match the path as the docker
/// client sends it.
bool fit_image_id(std::string_view id) {
  const auto colon = id.find(':');
  const std::string_view digits = colon == id.npos ? id : id.substr(colon + 1);
  return fit_for_path(digits) && (colon == id.npos || fit_for_path(id.substr(0, colon)));
}

}  // namespace

void ImageLabels::find(const std::string& image_id, Done done) {
  if (const auto known = known_.find(image_id); known != known_.end())
    return done(ImageEvidence{known->second, {}});
  if (refused_) return done(ImageEvidence{{}, refused_text});
  if (!fit_image_id(image_id)) return done(ImageEvidence{{}, "the engine does not tell its image"});
  auto& waiting = open_[image_id];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  caller_.call(caller_.question("/images/" + image_id + "/json"),
               [this, image_id](const Result<HttpAnswer>& answer) { answered(image_id, answer); });
}

void ImageLabels::answered(const std::string& image_id, const Result<HttpAnswer>& answer) {
  const Result<ImageEvidence> evidence = read(image_id, answer);
  const auto waiting = open_.extract(image_id);
  for (const Done& done : waiting.mapped()) done(evidence);
}

Result<ImageEvidence> ImageLabels::read(const std::string& image_id, const Result<HttpAnswer>& answer) {
  const std::string what = "inspect image " + clip(image_id, 19);
  if (!answer) return tl::unexpected(caller_.no_answer(what, answer.error()));
  Error error;
  if (answer->status == 200) {
    auto labels = parse_image_labels(answer->body);
    if (labels) {
      failures_.erase(image_id);
      keep(image_id, *labels);
      return ImageEvidence{std::move(*labels), {}};
    }
    error = named(what, labels.error());
  } else {
    error = status_error(what, *answer);
  }
  if (error.code == ErrorCode::Refused) {
    refused_ = true;
    return ImageEvidence{{}, refused_text};
  }
  if (error.code == ErrorCode::NotFound) return ImageEvidence{{}, "its image is gone from the engine"};
  if (failures_.size() >= most_failures) failures_.clear();
  if (++failures_[image_id] < failures_in_a_row) return tl::unexpected(error);
  return ImageEvidence{{}, error.message};
}

void ImageLabels::keep(const std::string& image_id, Labels labels) {
  if (!known_.emplace(image_id, std::move(labels)).second) return;
  oldest_first_.push_back(image_id);
  if (oldest_first_.size() <= most_images) return;
  known_.erase(oldest_first_.front());
  oldest_first_.pop_front();
}

}  // namespace healer::docker
