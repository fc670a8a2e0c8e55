#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace healer {

/// The name of a TLS alert (RFC 8446 6, RFC 5246 7.2), such as "certificate_required"; else its number.
std::string tls_alert_name(int alert);

/// Whether the server asked for a client certificate in the handshake; healer has none.
enum class ClientCertificate : std::uint8_t { NotAskedFor, AskedFor };

/// Whether a server that got no certificate means this with its alert: each library has its own.
bool misses_certificate(int alert, ClientCertificate certificate);

/// What an alert from the server means to a client without a certificate, and what an operator can change.
/// `name`: the one sent to the server, empty if none.
std::string explain_alert(int alert, ClientCertificate certificate, std::string_view name);

}  // namespace healer
