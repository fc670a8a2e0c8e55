#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace healer {

/// The two messages of grpc.health.v1 (proto3), each in gRPC's frame: a zero byte for "not compressed",
/// four of length, the message.

/// HealthCheckRequest { string service = 1; }
std::string encode_health_request(std::string_view service);

/// HealthCheckResponse { ServingStatus status = 1; }: 0 UNKNOWN, 1 SERVING, 2 NOT_SERVING, 3 SERVICE_UNKNOWN.
/// Fields of other numbers are skipped. Nothing for anything but exactly one whole, uncompressed message.
std::optional<int> decode_health_response(std::string_view framed);

}  // namespace healer
