#include "probe/opening.hpp"

#include "base/text.hpp"

namespace healer {

namespace {

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// The head of a TLS record: change_cipher_spec, alert, handshake or application data, of version 3.x.
bool is_tls(std::string_view bytes) {
  return bytes.size() >= 3 && byte_at(bytes, 0) >= 20 && byte_at(bytes, 0) <= 23 && byte_at(bytes, 1) == 3 &&
         byte_at(bytes, 2) <= 4;
}

// The SETTINGS frame of stream 0 that begins each HTTP/2 connection (RFC 9113 3.4).
bool is_http2(std::string_view bytes) {
  return bytes.size() >= 9 && byte_at(bytes, 0) == 0 && byte_at(bytes, 1) == 0 &&
         byte_at(bytes, 2) % 6 == 0 && byte_at(bytes, 3) == 4 &&
         bytes.substr(4, 5) == std::string_view("\0\0\0\0\0", 5);
}

}  // namespace

bool may_become_tls(std::string_view opening) {
  if (opening.empty() || opening.size() >= 3) return false;
  return byte_at(opening, 0) >= 20 && byte_at(opening, 0) <= 23 &&
         (opening.size() == 1 || byte_at(opening, 1) == 3);
}

PeerProtocol protocol_of_opening(std::string_view opening) {
  if (opening.empty()) return PeerProtocol::Unknown;
  if (is_tls(opening)) return PeerProtocol::Tls;
  return opening.starts_with("HTTP/") ? PeerProtocol::Http : PeerProtocol::Other;
}

std::string explain_opening(std::string_view opening, std::string_view before) {
  if (is_tls(opening)) return "the port speaks TLS: set healer.probe=https";
  if (is_http2(opening)) return "the port speaks HTTP/2 without TLS: set healer.probe=grpc or another port";
  return std::string(before) + " \"" + clip(printable(trim(opening)), 80) + '"';
}

}  // namespace healer
