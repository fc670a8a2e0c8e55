// Requests of any bytes: none crashes the guard, and what is accepted is in the form that it promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "guard/request.hpp"
#include "guard/strict_json.hpp"
#include "guard/verb.hpp"
#include "guard/words.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace healer::guard;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)parse_strict(bytes);
  (void)command_words(bytes);
  (void)comma_parts(bytes);
  const auto request = parse_request(bytes);
  if (!request) return 0;
  const bool odd =
      request->path.find("//") != std::string::npos || request->path.find("/../") != std::string::npos ||
      request->path.find('%') != std::string::npos || request->body.size() != request->body_length;
  if (odd) std::abort();
  const auto verb = verb_of(*request);
  if (!verb) return 0;
  // A target becomes a part of a path of the engine.
  if (subject_of(*verb).find_first_of("/?#% \r\n") != std::string::npos) std::abort();
  return 0;
}
