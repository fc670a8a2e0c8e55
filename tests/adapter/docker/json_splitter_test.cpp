#include "engine/docker/json_splitter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fixtures.hpp"

using namespace healer;
using namespace healer::docker;
using healer::testing::fixture;
using Shape = JsonSplitter::Shape;

namespace {

struct Split {
  Result<void> result;
  std::vector<std::string> objects;
};

/// Feeds `text` in pieces of `piece` bytes, then ends the input.
Split split(Shape shape, std::string_view text, std::size_t piece = 1000, std::size_t cap = 100'000) {
  Split out;
  JsonSplitter splitter(shape, cap, [&out](std::string_view object) -> Result<void> {
    out.objects.emplace_back(object);
    return {};
  });
  for (std::size_t at = 0; at < text.size() && out.result; at += piece)
    out.result = splitter.feed(text.substr(at, piece));
  if (out.result) out.result = splitter.finish();
  return out;
}

}  // namespace

TEST_CASE("recorded answers are split the same at every size of piece") {
  for (const char* name : {"list_20.10", "list_26", "list_podman"}) {
    const std::string text = fixture(name);
    const auto whole = split(Shape::Array, text, text.size());
    REQUIRE(whole.result);
    CHECK(whole.objects.size() >= 1);
    for (std::size_t piece = 1; piece < 300; ++piece) {
      const auto cut = split(Shape::Array, text, piece);
      REQUIRE(cut.result);
      REQUIRE(cut.objects == whole.objects);
    }
  }
}

TEST_CASE("a stream of events cut at any byte gives the same events") {
  const std::string text = fixture("events_26") + fixture("events_podman").substr(0, 2000);
  const auto whole_lines = [&text] {
    std::vector<std::string> lines;
    std::size_t start = 0;
    for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1)
      lines.push_back(text.substr(start, end - start));
    return lines;
  }();
  for (std::size_t at = 0; at <= text.size(); ++at) {
    std::vector<std::string> objects;
    JsonSplitter splitter(Shape::Sequence, 100'000, [&objects](std::string_view object) -> Result<void> {
      objects.emplace_back(object);
      return {};
    });
    REQUIRE(splitter.feed(std::string_view(text).substr(0, at)));
    REQUIRE(splitter.feed(std::string_view(text).substr(at)));
    REQUIRE(objects.size() >= whole_lines.size());
    objects.resize(whole_lines.size());
    REQUIRE(objects == whole_lines);
  }
}

TEST_CASE("arrays are split, and malformed ones refused") {
  CHECK(split(Shape::Array, "[]").result);
  CHECK(split(Shape::Array, " [ ] \n").result);
  CHECK(split(Shape::Array, "[{},{\"a\":[1,{}]}]").objects.size() == 2);
  CHECK(split(Shape::Array, R"([{"a":"}],\"{\\"}])", 1).objects.size() == 1);
  for (const char* wrong : {"", "[", "[{}", "[{},", "[{},]", "[,{}]", "[{}{}]", "[1]", "[[{}]]", "[{}]x",
                            "[{}][", "{}", "null", "[\"a\"]", "[{]", "[{\"a", "[{\"a\\\"}]"}) {
    CAPTURE(std::string(wrong));
    const auto cut = split(Shape::Array, wrong, 1);
    REQUIRE_FALSE(cut.result);
    CHECK(cut.result.error().code == ErrorCode::Protocol);
  }
}

TEST_CASE("sequences are split, with and without line ends") {
  CHECK(split(Shape::Sequence, "").result);
  CHECK(split(Shape::Sequence, "{}{}\n{}\r\n\n {}").objects.size() == 4);
  for (const char* wrong : {"[", "{},{}", "]", "x", "{", "{}\n{\"a\":"}) {
    CAPTURE(std::string(wrong));
    CHECK_FALSE(split(Shape::Sequence, wrong, 1).result);
  }
}

TEST_CASE("depth and size are limited, and finished objects are not kept") {
  const auto deep = split(Shape::Sequence, "{\"a\":" + std::string(40, '['));
  REQUIRE_FALSE(deep.result);
  CHECK(deep.result.error().code == ErrorCode::Protocol);
  CHECK(split(Shape::Sequence, "{\"a\":" + std::string(31, '[') + std::string(31, ']') + "}").result);
  const std::string object = "{\"a\":\"" + std::string(500, 'x') + "\"}";
  for (const std::size_t piece : {std::size_t{7}, std::size_t{100'000}}) {
    const auto large = split(Shape::Sequence, object, piece, 400);
    REQUIRE_FALSE(large.result);
    CHECK(large.result.error().code == ErrorCode::TooLarge);
    std::string many;
    for (int i = 0; i < 100; ++i) many += object;
    CHECK(split(Shape::Sequence, many, piece, 600).objects.size() == 100);
  }
}

TEST_CASE(
    "of objects that are too large or too deep the small members are passed on, in pieces of any size") {
  const std::string large = R"({"Id":"x","Names":["/a","/b"],"L":{"k":")" + std::string(5000, '}') +
                            R"("},"State":"running","q":"a\"},{"})";
  const std::string deep = "{\"Id\":\"d\",\"a\":" + std::string(3000, '[') + std::string(3000, ']') + "}";
  const std::string text = "{\"b\":1}" + large + "{\"b\":2}" + deep + large + "{\"b\":3}";
  const std::string slim = R"({"Id":"x","Names":["/a","/b"],"State":"running","q":"a\"},{"})";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{9}, text.size()}) {
    CAPTURE(piece);
    std::vector<std::string> objects;
    std::vector<std::string> slimmed;
    const auto into = [](std::vector<std::string>& all) {
      return [&all](std::string_view object) -> Result<void> {
        all.emplace_back(object);
        return {};
      };
    };
    JsonSplitter splitter(Shape::Sequence, 400, into(objects), into(slimmed));
    for (std::size_t at = 0; at < text.size(); at += piece)
      REQUIRE(splitter.feed(std::string_view(text).substr(at, piece)));
    CHECK(splitter.finish());
    CHECK(objects == std::vector<std::string>{"{\"b\":1}", "{\"b\":2}", "{\"b\":3}"});
    CHECK(slimmed == std::vector<std::string>{slim, R"({"Id":"d"})", slim});
  }
}

TEST_CASE("many small members of one object are not kept without limit") {
  std::string text = "{\"Id\":\"x\"";
  for (int i = 0; i < 100'000; ++i) text += ",\"m" + std::to_string(i) + "\":1";
  std::size_t kept = 0;
  const auto take = [&kept](std::string_view object) -> Result<void> {
    kept = object.size();
    CHECK(object.starts_with(R"({"Id":"x","m0":1,)"));
    return {};
  };
  JsonSplitter splitter(Shape::Sequence, 400, take, take);
  REQUIRE(splitter.feed(text + "}"));
  CHECK(kept > 1000);
  CHECK(kept <= JsonSlimmer::most_bytes + 2);
}

TEST_CASE("the receiver may end the input") {
  JsonSplitter splitter(Shape::Sequence, 100, [](std::string_view) -> Result<void> {
    return failure(ErrorCode::Cancelled, "enough");
  });
  const auto fed = splitter.feed("{}{}");
  REQUIRE_FALSE(fed);
  CHECK(fed.error().message == "enough");
}
