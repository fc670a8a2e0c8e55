#include "engine/docker/json_slimmer.hpp"

#include <utility>

namespace healer::docker {

void JsonSlimmer::keep(char c) {
  if (member_.size() >= longest_member) too_long_ = true;
  if (!too_long_) member_ += c;
}

void JsonSlimmer::end_member() {
  if (!too_long_ && !member_.empty() && kept_.size() + member_.size() < most_bytes) {
    if (!kept_.empty()) kept_ += ',';
    kept_ += member_;
  }
  member_.clear();
  too_long_ = false;
}

void JsonSlimmer::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (in_string_) {
      keep(c);
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_string_ = false;
      continue;
    }
    const bool opens = c == '{' || c == '[';
    const bool closes = c == '}' || c == ']';
    if (opens && depth_++ == 0) continue;
    if (closes && --depth_ == 0) {
      end_member();
      continue;
    }
    if (c == ',' && depth_ == 1) {
      end_member();
      continue;
    }
    in_string_ = c == '"';
    keep(c);
  }
}

std::string JsonSlimmer::take() {
  return "{" + std::exchange(kept_, {}) + "}";
}

}  // namespace healer::docker
