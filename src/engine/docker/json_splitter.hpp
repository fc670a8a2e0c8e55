#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace healer::docker {

/// How deep the engine's JSON may nest; what it sends stays below ten.
inline constexpr std::size_t deepest_json = 32;

/// Cuts the engine's two long answers into their objects as the bytes arrive, in any cutting, holding one
/// object at a time: an array of objects (the container list), or objects one after the other (the event
/// stream). Only brackets and strings are looked at; whether an object is valid JSON shows when it is parsed.
class JsonSplitter {
 public:
  enum class Shape { Array, Sequence };

  /// Called with each whole object; an error returned ends the splitting with that error.
  using Take = std::function<Result<void>(std::string_view object)>;

  /// `object_cap`: largest object in bytes (TooLarge).
  JsonSplitter(Shape shape, std::size_t object_cap, Take take);

  /// Errors: Protocol, TooLarge, or what `take` returned. Not to be fed after an error.
  Result<void> feed(std::string_view bytes);
  /// The bytes have ended. Protocol when that was in the middle.
  Result<void> finish() const;

 private:
  enum class Expect { Open, FirstOrClose, CommaOrClose, Object, Nothing };

  Result<void> between(char c);
  Result<std::size_t> inside(std::string_view bytes);

  Shape shape_;
  std::size_t object_cap_;
  Take take_;
  Expect expect_;
  std::string object_;     // the bytes of an object that began in an earlier piece
  std::size_t depth_ = 0;  // 0: between objects
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace healer::docker
