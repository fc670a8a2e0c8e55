// Any bytes as the answer of a gRPC server. The pieces in which the bytes arrive must not change the result.
// The first byte gives the size of the pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "fuzz/expect.hpp"
#include "probe/grpc_call.hpp"
#include "probe/grpc_health.hpp"

namespace {

using Outcome = std::tuple<healer::ProbeEnd, int, int, std::string>;

Outcome ask(std::string_view bytes, std::size_t piece) {
  healer::GrpcTarget target;
  target.endpoint = {"127.0.0.1", 80};
  healer::GrpcCall call(target, healer::Duration{1000});
  bool over = false;
  for (; !over && !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    over = call.take(bytes.substr(0, piece));
    healer::fuzz::expect(call.to_send().size() < 1'000'000, "the bytes to send are bounded");
    call.sent(call.to_send().size());
  }
  call.peer_closed();
  const healer::ProbeFacts facts = call.take_facts();
  return {facts.end, facts.status, facts.grpc_status, facts.detail};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Longer input may hold a thousand PINGs: a flood if they arrive at once, no flood if one by one.
  if (size < 1 || size > 8192) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = ask(bytes, bytes.size() + 1);
  healer::fuzz::expect(std::get<3>(whole).size() < 1000, "the detail is short");
  // Of two faults in one piece the result may name either. A good answer must be the same in every cutting.
  const Outcome pieces = ask(bytes, data[0] + 1u);
  const bool answered =
      std::get<0>(whole) == healer::ProbeEnd::Answered || std::get<0>(pieces) == healer::ProbeEnd::Answered;
  healer::fuzz::expect(!answered || pieces == whole, "the pieces do not change a good answer");
  (void)healer::decode_health_response(bytes);
  return 0;
}
