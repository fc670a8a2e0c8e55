#include "probe/tls_alert.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace healer {

namespace {

enum Alert : int {
  HandshakeFailure = 40,
  NoCertificate = 41,
  BadCertificate = 42,
  CertificateUnknown = 46,
  UnknownCa = 48,
  AccessDenied = 49,
  ProtocolVersion = 70,
  InsufficientSecurity = 71,
  InternalError = 80,
  UnrecognizedName = 112,
  CertificateRequired = 116,
};

constexpr std::array names{std::pair{0, "close_notify"},
                           std::pair{10, "unexpected_message"},
                           std::pair{20, "bad_record_mac"},
                           std::pair{22, "record_overflow"},
                           std::pair{40, "handshake_failure"},
                           std::pair{41, "no_certificate"},
                           std::pair{42, "bad_certificate"},
                           std::pair{43, "unsupported_certificate"},
                           std::pair{44, "certificate_revoked"},
                           std::pair{45, "certificate_expired"},
                           std::pair{46, "certificate_unknown"},
                           std::pair{47, "illegal_parameter"},
                           std::pair{48, "unknown_ca"},
                           std::pair{49, "access_denied"},
                           std::pair{50, "decode_error"},
                           std::pair{51, "decrypt_error"},
                           std::pair{70, "protocol_version"},
                           std::pair{71, "insufficient_security"},
                           std::pair{80, "internal_error"},
                           std::pair{86, "inappropriate_fallback"},
                           std::pair{90, "user_canceled"},
                           std::pair{109, "missing_extension"},
                           std::pair{110, "unsupported_extension"},
                           std::pair{112, "unrecognized_name"},
                           std::pair{113, "bad_certificate_status_response"},
                           std::pair{115, "unknown_psk_identity"},
                           std::pair{116, "certificate_required"},
                           std::pair{120, "no_application_protocol"}};

// The alerts of servers that have no certificate for the name, or want one.
bool misses_name(int alert) {
  return alert == UnrecognizedName || alert == InternalError || alert == HandshakeFailure ||
         alert == AccessDenied;
}

}  // namespace

std::string tls_alert_name(int alert) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const auto& each) { return each.first == alert; });
  return found == names.end() ? std::to_string(alert) : found->second;
}

bool misses_certificate(int alert, ClientCertificate certificate) {
  if (alert == CertificateRequired || alert == NoCertificate || alert == BadCertificate) return true;
  return certificate == ClientCertificate::AskedFor &&
         (alert == HandshakeFailure || alert == CertificateUnknown || alert == UnknownCa ||
          alert == AccessDenied);
}

std::string explain_alert(int alert, ClientCertificate certificate, std::string_view name) {
  const std::string said = "TLS alert " + tls_alert_name(alert);
  if (misses_certificate(alert, certificate)) return "the server demands a client certificate (" + said + ")";
  if (name.empty() && misses_name(alert))
    return "the server refuses the handshake (" + said + "); if it needs a host name, set healer.host";
  if (alert == UnrecognizedName)
    return "the server does not know the name " + clip(printable(name), 100) + " (" + said +
           "): set healer.host";
  if (alert == ProtocolVersion || alert == InsufficientSecurity)
    return "the server wants another version or other ciphers of TLS (" + said + ")";
  return "the server refuses the handshake (" + said + ")";
}

}  // namespace healer
