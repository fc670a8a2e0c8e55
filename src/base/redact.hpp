#pragma once

#include <span>
#include <string>
#include <string_view>

namespace healer {

/// What stands in the place of a secret.
inline constexpr std::string_view redacted_mark = "<redacted>";

/// Whether a variable, field or option of this name holds a secret: "DB_PASSWORD", "apiKey", "X-Auth-Token".
/// Names that only point at one ("PASSWORD_FILE", "TOKEN_TTL") do not.
bool names_a_secret(std::string_view name);

/// Free text (logs, health output, command lines) without the secrets that can be notified from it:
///
///   the values given, of at least 4 bytes (each line of at least 8, where they have several)
///   the value in  name=value  name: value  "name": "value"  --name value, where the name says so
///   Authorization and Cookie fields; Bearer and Basic credentials
///   user:password@ and token-like query values in URLs; the paths of well-known webhook URLs
///   JSON web tokens; keys and tokens of AWS, GitHub, GitLab, Slack, Google, Stripe and others by their form
///   private keys (PEM), also where the text begins or ends inside one
///
/// Each is replaced by redacted_mark; the rest stays byte for byte. Redacting twice changes nothing more.
/// Takes time linear in the text.
std::string redact(std::string_view text, std::span<const std::string> secrets = {});

}  // namespace healer
