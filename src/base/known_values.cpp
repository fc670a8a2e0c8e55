#include "base/known_values.hpp"

#include <algorithm>

namespace healer {

KnownValues::Index KnownValues::child_of(Index node, unsigned char byte) const {
  if (node == 0) return first_[byte];
  for (Index child = nodes_[node].child; child != 0; child = nodes_[child].sibling)
    if (nodes_[child].byte == byte) return child;
  return 0;
}

void KnownValues::add(std::string_view value) {
  Index node = 0;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    Index next = child_of(node, byte);
    if (next == 0) {
      next = static_cast<Index>(nodes_.size());
      nodes_.push_back({0, nodes_[node].child, 0, 0, byte});
      nodes_[node].child = next;
      if (node == 0) first_[byte] = next;
    }
    node = next;
  }
  if (node != 0) nodes_[node].longest = static_cast<Index>(value.size());
}

void KnownValues::finish() {
  // Breadth first: the node of a suffix is nearer to the root, so it is finished before.
  std::vector<Index> queue{0};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const Index node = queue[i];
    for (Index child = nodes_[node].child; child != 0; child = nodes_[child].sibling) {
      const unsigned char byte = nodes_[child].byte;
      Index suffix = nodes_[node].fail;
      Index next = node == 0 ? 0 : child_of(suffix, byte);
      while (next == 0 && suffix != 0) {
        suffix = nodes_[suffix].fail;
        next = child_of(suffix, byte);
      }
      nodes_[child].fail = next;
      nodes_[child].longest = std::max(nodes_[child].longest, nodes_[next].longest);
      queue.push_back(child);
    }
  }
}

void KnownValues::find(std::string_view text, std::size_t offset, std::vector<TextRange>& ranges) const {
  if (empty()) return;
  Index node = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    Index next = child_of(node, byte);
    while (next == 0 && node != 0) {
      node = nodes_[node].fail;
      next = child_of(node, byte);
    }
    node = next;
    if (const std::size_t length = nodes_[node].longest; length > 0)
      ranges.push_back({offset + i + 1 - length, offset + i + 1});
  }
}

}  // namespace healer
