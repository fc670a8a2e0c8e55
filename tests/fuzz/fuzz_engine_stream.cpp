// Any bytes as the container list, the event stream and a command's output. The pieces in which the bytes
// arrive must not change the result.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/docker/json_splitter.hpp"
#include "engine/docker/output_stream.hpp"
#include "fuzz/expect.hpp"

using namespace healer;
using docker::JsonSplitter;
using docker::OutputStream;
using fuzz::expect;

namespace {

constexpr std::size_t object_cap = 2000;

struct Split {
  bool good = true;
  std::vector<std::string> objects;
};

Split split(JsonSplitter::Shape shape, std::string_view text, std::size_t piece) {
  Split out;
  JsonSplitter splitter(shape, object_cap, [&out](std::string_view object) -> Result<void> {
    out.objects.emplace_back(object);
    return {};
  });
  for (std::size_t at = 0; at < text.size() && out.good; at += piece)
    out.good = splitter.feed(text.substr(at, piece)).has_value();
  if (out.good) out.good = splitter.finish().has_value();
  return out;
}

struct Output {
  bool good = true;
  bool whole = false;
  std::string text;
};

Output output(OutputStream::Framing framing, std::string_view bytes, std::size_t piece) {
  Output out;
  OutputStream stream(framing, [&out](std::string_view text) { out.text += text; });
  for (std::size_t at = 0; at < bytes.size() && out.good; at += piece)
    out.good = stream.feed(bytes.substr(at, piece)).has_value();
  out.whole = out.good && stream.finish().has_value();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 64;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto shape : {JsonSplitter::Shape::Array, JsonSplitter::Shape::Sequence}) {
    for (const auto input : {text, text.substr(1)}) {
      const Split whole = split(shape, input, std::max<std::size_t>(input.size(), 1));
      const Split cut = split(shape, input, piece);
      expect(whole.good == cut.good, "the pieces do not change the result");
      expect(whole.objects == cut.objects, "the same objects in every cutting");
      for (const auto& object : whole.objects) {
        expect(object.size() <= object_cap, "no object above its cap");
        expect(object.front() == '{', "an object is whole");
      }
    }
  }
  for (const auto framing : {OutputStream::Framing::Framed, OutputStream::Framing::ByFirstByte}) {
    const Output whole = output(framing, text.substr(1), std::max<std::size_t>(size, 1));
    const Output cut = output(framing, text.substr(1), piece);
    expect(whole.good == cut.good && whole.whole == cut.whole, "the pieces do not change the result");
    expect(whole.text == cut.text, "the same output in every cutting");
    expect(whole.text.size() < size, "no more output than input");
  }
  return 0;
}
