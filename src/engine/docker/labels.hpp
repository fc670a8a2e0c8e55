#pragma once

#include <map>
#include <string>

namespace healer::docker {

using Labels = std::map<std::string, std::string>;

/// The value of a container's label that its image does not have, or has with another value; null: there is
/// no such label, or the container inherited it from the image (compose labels the images that it builds, and
/// `docker commit` copies all labels).
inline const std::string* own_label(const Labels& container, const Labels& image, const std::string& name) {
  const auto found = container.find(name);
  if (found == container.end()) return nullptr;
  const auto inherited = image.find(name);
  return inherited != image.end() && inherited->second == found->second ? nullptr : &found->second;
}

/// What is known of an image's labels.
struct ImageEvidence {
  Labels labels;        ///< those that is_compose_label() and is_owner_label() name
  std::string problem;  ///< for operators: why the labels are not known; empty: they are
};

/// The value of a label; empty: there is none.
inline std::string label_value(const Labels& labels, const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

}  // namespace healer::docker
