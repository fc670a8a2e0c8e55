#pragma once

#include <span>
#include <string>
#include <string_view>

namespace healer {

/// The text that replaces a secret.
inline constexpr std::string_view redacted_mark = "<redacted>";

/// Whether a variable, field or option of this name holds a secret: "DB_PASSWORD", "apiKey", "X-Auth-Token".
/// False for names of something about a secret: "PASSWORD_FILE", "TOKEN_TTL".
bool names_a_secret(std::string_view name);

/// Free text (logs, health output, command lines) without the secrets that can be recognised in it:
///
///   the `secrets` given, of at least 4 bytes (of a secret with several lines, each line of at least 8, too)
///   the value in  name=value  name: value  "name": "value"  --name value, where names_a_secret(name)
///   Authorization and Cookie fields; Bearer and Basic credentials
///   user:password@ and query values with the name of a secret in URLs; the paths of well-known webhook URLs
///   JSON web tokens; keys and tokens of AWS, GitHub, GitLab, Slack, Google, Stripe and others, by their form
///   private keys (PEM), also where the text begins or ends inside a key
///
/// Each secret is replaced by redacted_mark; all other bytes stay. A second redaction changes nothing. The
/// time is linear in the text's length.
std::string redact(std::string_view text, std::span<const std::string> secrets = {});

}  // namespace healer
