#include "engine/docker/json_splitter.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace healer::docker {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

}  // namespace

JsonSplitter::JsonSplitter(Shape shape, std::size_t object_cap, Take take, Take take_slim)
    : shape_(shape),
      object_cap_(object_cap),
      take_(std::move(take)),
      take_slim_(std::move(take_slim)),
      expect_(shape == Shape::Array ? Expect::Open : Expect::Object) {}

Result<void> JsonSplitter::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (depth_ == 0) {
      const char c = bytes.front();
      if (!blank(c)) {
        const auto fits = between(c);
        if (!fits) return fits;
      }
      if (depth_ == 0) {
        bytes.remove_prefix(1);
        continue;
      }
      depth_ = 0;  // inside() counts the bracket itself
    }
    const auto used = inside(bytes);
    if (!used) return tl::unexpected(used.error());
    bytes.remove_prefix(*used);
  }
  return {};
}

/// Handles a byte between two objects; sets depth_ if the byte opens an object.
Result<void> JsonSplitter::between(char c) {
  const bool may_open = expect_ == Expect::Object || expect_ == Expect::FirstOrClose;
  const bool may_close = expect_ == Expect::FirstOrClose || expect_ == Expect::CommaOrClose;
  if (c == '{' && may_open) {
    depth_ = 1;
  } else if (c == '[' && expect_ == Expect::Open) {
    expect_ = Expect::FirstOrClose;
  } else if (c == ']' && may_close) {
    expect_ = Expect::Nothing;
  } else if (c == ',' && expect_ == Expect::CommaOrClose) {
    expect_ = Expect::Object;
  } else {
    constexpr const char* wanted[] = {"[", "{ or ]", ", or ]", "{", "nothing more"};
    return failure(ErrorCode::Protocol,
                   fmt::format("malformed JSON: expected {}, saw \"{}\"", wanted[static_cast<int>(expect_)],
                               printable(std::string_view(&c, 1))));
  }
  return {};
}

/// The present object does not fit.
Result<void> JsonSplitter::unfit(ErrorCode code, const char* text, std::size_t limit) {
  if (!take_slim_) return failure(code, fmt::format(fmt::runtime(text), limit));
  slim_.emplace().feed(object_);
  object_.clear();
  object_.shrink_to_fit();
  return {};
}

/// Handles the bytes of an object up to its end or the end of the piece. Returns how many.
Result<std::size_t> JsonSplitter::inside(std::string_view bytes) {
  std::size_t at = 0;
  bool whole = false;
  for (; at < bytes.size() && !whole; ++at) {
    const char c = bytes[at];
    if (in_string_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_string_ = false;
      continue;
    }
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      if (++depth_ > deepest_json && !slim_) {
        const auto fits = unfit(ErrorCode::Protocol, "JSON nested deeper than {}", deepest_json);
        if (!fits) return tl::unexpected(fits.error());
      }
    } else if (c == '}' || c == ']') {
      whole = --depth_ == 0;
    }
  }
  if (object_.size() + at > object_cap_ && !slim_) {
    const auto fits = unfit(ErrorCode::TooLarge, "one JSON object exceeds {} bytes", object_cap_);
    if (!fits) return tl::unexpected(fits.error());
  }
  if (slim_) slim_->feed(bytes.substr(0, at));
  if (!whole) {
    if (!slim_) object_.append(bytes.substr(0, at));
    return at;
  }
  expect_ = shape_ == Shape::Array ? Expect::CommaOrClose : Expect::Object;
  Result<void> taken;
  if (slim_) {
    taken = take_slim_(std::exchange(slim_, std::nullopt)->take());
  } else if (object_.empty()) {
    taken = take_(bytes.substr(0, at));
  } else {
    object_.append(bytes.substr(0, at));
    taken = take_(object_);
    object_.clear();
  }
  if (!taken) return tl::unexpected(taken.error());
  return at;
}

Result<void> JsonSplitter::finish() const {
  const bool complete =
      !in_string_ && depth_ == 0 && expect_ == (shape_ == Shape::Array ? Expect::Nothing : Expect::Object);
  if (complete) return {};
  return failure(ErrorCode::Protocol, "truncated JSON: it ends in the middle");
}

}  // namespace healer::docker
