#include "engine/docker/output_stream.hpp"

#include <doctest/doctest.h>

#include "output_frames.hpp"

using namespace healer;
using namespace healer::docker;
using namespace healer::testing;

namespace {

struct Read {
  Result<void> fed;
  Result<void> finished;
  std::string output;
};

Read read(OutputStream::Framing framing, std::string_view bytes, std::size_t piece) {
  Read out;
  OutputStream stream(framing, [&out](std::string_view text) { out.output += text; });
  for (std::size_t at = 0; at < bytes.size() && out.fed; at += piece)
    out.fed = stream.feed(bytes.substr(at, piece));
  out.finished = stream.finish();
  return out;
}

}  // namespace

TEST_CASE("both outputs of a process stay in order, wherever the bytes are cut") {
  const std::string large(70'000, 'x');
  const std::string bytes =
      frame(1, "out\n") + frame(2, "err\n") + frame(1, "") + frame(3, "the engine's") + frame(1, large);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{7}, std::size_t{8},
                                  std::size_t{9}, std::size_t{4096}, bytes.size()}) {
    CAPTURE(piece);
    const Read got = read(OutputStream::Framing::Framed, bytes, piece);
    REQUIRE(got.fed);
    CHECK(got.finished);
    CHECK(got.output == "out\nerr\nthe engine's" + large);
  }
}

TEST_CASE("the output of a terminal has no headers, and is kept even if it begins like one") {
  const std::string bytes = frame(1, "looks like one");
  const Read raw = read(OutputStream::Framing::Raw, bytes, 5);
  REQUIRE(raw.fed);
  CHECK(raw.finished);
  CHECK(raw.output == bytes);

  const std::string line = "2026-11-22T22:45:06Z hi\n";
  CHECK(read(OutputStream::Framing::ByFirstByte, line, 1).output == line);
  CHECK(read(OutputStream::Framing::ByFirstByte, frame(2, line), 1).output == line);
  CHECK(read(OutputStream::Framing::ByFirstByte, "", 1).finished);
}

TEST_CASE("bytes that are no such stream are broken, and an incomplete frame is cut") {
  for (const std::string& wrong : {std::string("hello"), std::string("\x04\0\0\0\0\0\0\1x", 9),
                                   std::string("\1\0\1\0\0\0\0\1x", 9), frame(1, "good") + "HTTP/1.1 500"}) {
    const Read got = read(OutputStream::Framing::Framed, wrong, 2);
    REQUIRE_FALSE(got.fed);
    CHECK(got.fed.error().code == ErrorCode::Protocol);
  }
  const std::string whole = frame(1, "whole") + frame(2, "cut here");
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    const Read got = read(OutputStream::Framing::Framed, std::string_view(whole).substr(0, size), 64);
    REQUIRE(got.fed);
    const bool between = size == 0 || size == frame(1, "whole").size() || size == whole.size();
    CHECK(got.finished.has_value() == between);
    if (!between) CHECK(got.finished.error().code == ErrorCode::ConnectionLost);
  }
}

TEST_CASE("the newest bytes are kept, from the beginning of a line if one fits") {
  const auto kept = [](std::size_t cap, const std::vector<std::string>& pieces) {
    Tail tail(cap);
    for (const std::string& piece : pieces) tail.append(piece);
    return tail.take();
  };
  CHECK(kept(100, {"one\n", "two\n"}) == "one\ntwo\n");
  CHECK(kept(8, {"one\n", "two\n"}) == "one\ntwo\n");
  CHECK(kept(6, {"one\n", "two\n"}) == "two\n");
  CHECK(kept(6, {"one\ntwo\n"}) == "two\n");
  CHECK(kept(6, {"one\n", "two\n", "three"}) == "three");
  CHECK(kept(4, {"a line with no end"}) == " end");
  CHECK(kept(4, {std::string(100, 'x') + "\n"}) == "xxx\n");
  std::vector<std::string> many(10'000, "line\n");
  CHECK(kept(52, many).size() == 50);
}
