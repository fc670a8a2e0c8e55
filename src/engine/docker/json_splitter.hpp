#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "engine/docker/json_slimmer.hpp"

namespace healer::docker {

/// How deep the engine's JSON may nest; real answers stay below ten.
inline constexpr std::size_t deepest_json = 32;

/// Splits the engine's two long answers into objects while the bytes arrive in pieces of any size: an array
/// of objects (the container list), or a sequence of objects (the event stream). Holds at most one object.
/// Examines only brackets and strings; the caller's parser finds invalid JSON within an object.
class JsonSplitter {
 public:
  enum class Shape { Array, Sequence };

  /// Called with each complete object; a returned error ends the splitting.
  using Take = std::function<Result<void>(std::string_view object)>;

  /// `object_cap`: largest size of an object in bytes. A larger one, and one that nests too deep, ends the
  /// splitting (TooLarge, Protocol). With `take_slim` it does not: its small members are passed on instead
  /// (JsonSlimmer).
  JsonSplitter(Shape shape, std::size_t object_cap, Take take, Take take_slim = nullptr);

  /// Errors: Protocol, TooLarge, or the error that `take` returned. Must not be called after an error.
  Result<void> feed(std::string_view bytes);
  /// Call at the end of the bytes. Protocol if they end within the array or an object.
  Result<void> finish() const;

 private:
  enum class Expect { Open, FirstOrClose, CommaOrClose, Object, Nothing };

  Result<void> between(char c);
  Result<std::size_t> inside(std::string_view bytes);
  Result<void> unfit(ErrorCode code, const char* text, std::size_t limit);

  Shape shape_;
  std::size_t object_cap_;
  Take take_;
  Take take_slim_;
  Expect expect_;
  std::string object_;     // the bytes so far of an object that began in an earlier piece
  std::size_t depth_ = 0;  // 0: between objects
  bool in_string_ = false;
  bool escaped_ = false;
  std::optional<JsonSlimmer> slim_;  // of the present object, which does not fit
};

}  // namespace healer::docker
