// Any bytes as the answer of an http probe target. The pieces in which the bytes arrive must not change the
// result. Bit 0 of the first byte: keep the body; the second byte gives the size of the pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http_response.hpp"
#include "probe/answer_hints.hpp"
#include "probe/http_dialogue.hpp"
#include "probe/http_redirect.hpp"

namespace {

struct Outcome {
  healer::net::HttpResponseParser::State state;
  int status;
  std::string body;
  std::string location;
  bool operator==(const Outcome&) const = default;
};

Outcome parse(std::string_view bytes, bool capture_body, std::size_t piece) {
  healer::net::HttpResponseParser parser({.body = capture_body
                                                      ? healer::net::HttpResponseParser::Body::Needed
                                                      : healer::net::HttpResponseParser::Body::OfFailure,
                                          .keeps = &healer::keeps_field_of_body});
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    parser.feed(bytes.substr(0, piece));
  const auto state = parser.finish();
  return {state, parser.status(), parser.body(), std::string(parser.field("location"))};
}

// The same bytes as a prober takes them, with all that it reads out of them.
void converse(std::string_view bytes, bool capture_body, std::size_t piece) {
  healer::HttpTarget target;
  target.capture_body = capture_body;
  healer::HttpDialogue dialogue(target);
  bool over = false;
  for (; !bytes.empty() && !over; bytes.remove_prefix(std::min(piece, bytes.size())))
    over = dialogue.take(bytes.substr(0, piece));
  if (!over) dialogue.peer_closed();
  const healer::ProbeFacts facts = dialogue.take_facts([] { return healer::WallTime{}; });
  if (facts.detail.size() > 200) std::abort();
  if (facts.body.size() > (capture_body ? healer::net::HttpResponseParser::body_cap : 0)) std::abort();
  if (facts.maintenance && facts.status < 400) std::abort();
  if (facts.retry_after && (facts.retry_after->count() < 0 || *facts.retry_after > std::chrono::hours{24}))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const bool capture_body = (data[0] & 1) != 0;
  const std::size_t piece = data[1] + 1u;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  converse(bytes, capture_body, piece);
  const Outcome whole = parse(bytes, capture_body, bytes.size() + 1);
  if (whole.state == healer::net::HttpResponseParser::State::More) std::abort();
  if (whole.body.size() > healer::net::HttpResponseParser::body_cap) std::abort();
  // The peer chooses the Location: it must become a path or be refused, and never add a line to the request.
  healer::HttpTarget target;
  target.endpoint = {"127.0.0.1", 80};
  target.redirects = 1;
  if (const auto hop = healer::next_hop(target, {"/a/b?c", "GET"}, 302, whole.location)) {
    if (!hop->path.starts_with('/')) std::abort();
    std::string request;
    healer::write_http_request(target, request, &*hop);
    if (std::count(request.begin(), request.end(), '\n') != 6) std::abort();
  }
  if (!(parse(bytes, capture_body, piece) == whole)) std::abort();
  return 0;
}
