#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace healer {

/// A part of a text: [begin, end).
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Finds many values in a text at once (Aho and Corasick's automaton): the time is linear in the values'
/// length to build it, and in the text's length to search.
class KnownValues {
 public:
  KnownValues() : nodes_(1) {}

  void add(std::string_view value);
  /// After the last add().
  void finish();
  bool empty() const { return nodes_.size() == 1; }

  /// Adds where values stand in the text, each range moved by `offset`; of values that begin at different
  /// places and end at the same one, the longest.
  void find(std::string_view text, std::size_t offset, std::vector<TextRange>& ranges) const;

 private:
  using Index = std::uint32_t;
  struct Node {
    Index child = 0;    ///< the first child; 0: none
    Index sibling = 0;  ///< the parent's next child; 0: none
    Index fail = 0;     ///< the node of the longest proper suffix
    Index longest = 0;  ///< length of the longest value that ends here; 0: none
    unsigned char byte = 0;
  };

  Index child_of(Index node, unsigned char byte) const;

  std::vector<Node> nodes_;
  std::array<Index, 256> first_{};  ///< the root's children by their byte
};

}  // namespace healer
