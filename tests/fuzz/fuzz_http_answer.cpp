// Any bytes as an HTTP answer, collected and streamed. The pieces in which the bytes arrive must not change
// the result.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/expect.hpp"
#include "net/answer_parser.hpp"

using namespace healer;
using fuzz::expect;
using net::AnswerParser;

namespace {

constexpr std::size_t head_cap = 1000;
constexpr std::size_t body_cap = 500;

struct Outcome {
  bool good = true;
  bool done = false;
  int status = 0;
  std::string body;
  std::string streamed;
};

Outcome parse(std::string_view text, std::size_t piece, bool streamed) {
  Outcome out;
  AnswerParser::Settings settings;
  settings.head_cap = head_cap;
  settings.body_cap = body_cap;
  settings.endless = streamed;
  settings.upgrade = streamed;
  if (streamed)
    settings.on_head = [&out](const net::HttpAnswer& head) -> AnswerParser::Sink {
      if (head.status != 101 && (head.status < 200 || head.status > 299)) return nullptr;
      return [&out](std::string_view bytes) -> Result<void> {
        out.streamed += bytes;
        return {};
      };
    };
  AnswerParser parser(std::move(settings));
  for (std::size_t at = 0; at < text.size() && out.good && !parser.done(); at += piece)
    out.good = parser.feed(text.substr(at, piece)).has_value();
  if (out.good) out.good = parser.finish().has_value();
  out.done = parser.done();
  if (out.good) {
    expect(out.done, "an answer without an error is complete");
    auto answer = parser.take();
    out.status = answer.status;
    out.body = std::move(answer.body);
    expect(out.body.size() <= body_cap, "no body above its cap");
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 64;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto input : {text, text.substr(1)}) {
    for (const bool streamed : {false, true}) {
      const Outcome whole = parse(input, std::max<std::size_t>(input.size(), 1), streamed);
      const Outcome cut = parse(input, piece, streamed);
      expect(whole.good == cut.good, "the pieces do not change the result");
      if (!whole.good) continue;
      expect(whole.status == cut.status && whole.body == cut.body && whole.streamed == cut.streamed,
             "the same answer in every cutting");
    }
  }
  return 0;
}
