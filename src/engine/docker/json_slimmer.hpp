#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace healer::docker {

/// Keeps of one JSON object, whose bytes arrive in pieces, the members that are small: what is left of a list
/// entry with megabytes of labels is its id, name and state. A large member is left out. Holds at most
/// `most_bytes`.
///
///   state    | byte                       | next     | what is done
///   ---------+----------------------------+----------+---------------------------------------------
///   Between  | the object's {             | Between  |
///   Between  | " (a member begins)        | Member   | the bytes are kept from here on
///   Member   | any within the member      | Member   | kept, up to `longest_member`
///   Member   | , or the object's }        | Between  | the member is added if it is small
///   Between  | the object's }             | Between  | the object is complete
class JsonSlimmer {
 public:
  static constexpr std::size_t longest_member = 4 * 1024;
  static constexpr std::size_t most_bytes = 64 * 1024;

  /// The next bytes of the object, beginning with its '{'.
  void feed(std::string_view bytes);
  /// After the object's last byte: the object with its small members.
  std::string take();

 private:
  void keep(char c);
  void end_member();

  std::string kept_;    ///< "{" and the members so far
  std::string member_;  ///< the present one
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool too_long_ = false;  ///< the present member
};

}  // namespace healer::docker
