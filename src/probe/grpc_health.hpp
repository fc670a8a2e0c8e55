#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace healer {

/// The two messages of grpc.health.v1 (proto3), each in gRPC's frame: a zero byte for "not compressed", four
/// bytes of length, the message.

/// HealthCheckRequest { string service = 1; }
std::string encode_health_request(std::string_view service);

/// HealthCheckResponse { ServingStatus status = 1; }: 0 UNKNOWN, 1 SERVING, 2 NOT_SERVING, 3 SERVICE_UNKNOWN.
/// Fields with other numbers are skipped. Empty optional unless `framed` is exactly one complete,
/// uncompressed message.
std::optional<int> decode_health_response(std::string_view framed);

}  // namespace healer
