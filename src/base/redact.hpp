#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace healer {

/// The text that replaces a secret.
inline constexpr std::string_view redacted_mark = "<redacted>";

/// Whether a variable, field or option of this name holds a secret: "DB_PASSWORD", "apiKey", "X-Auth-Token".
/// False for names of something about a secret: "PASSWORD_FILE", "TOKEN_TTL".
bool names_a_secret(std::string_view name);

/// The values that are secret in these settings ("NAME=value"), each once: the whole value where the name
/// names a secret, and in every value what redact() finds there, such as the password of a URL.
std::vector<std::string> secrets_of(std::span<const std::string> environment);

/// Hides secrets in free text: logs, health output, command lines, URLs. It finds
///
///   the values given, of at least 4 bytes, also as JSON and URLs escape them (of a value with several lines,
///   each line of at least 8, too) the value in  name=value  name: value  "name": "value"  --name value
///   <name>value</name>  and
///   {"name": name, "value": value}, on the next line, too, where names_a_secret(name)
///   Authorization and Cookie fields; credentials of well-known schemes without a field
///   user:password@host and query values with the name of a secret; the paths of well-known webhook URLs
///   passwords in command lines (curl -u, mysql -p, sshpass), SQL, logins of protocols, netrc
///   JSON web tokens; keys and tokens of many services, by their form; private keys (PEM, PGP, age), also
///   where the text begins or ends inside a key
///
/// Each secret is replaced by redacted_mark; all other bytes stay. A second redaction changes nothing. The
/// time is linear in the lengths of the text and of the values.
class Redactor {
 public:
  /// A container with more bytes of secret values than this is given up: every text of it is hidden as a
  /// whole.
  static constexpr std::size_t most_secret_bytes = 256 * 1024;

  explicit Redactor(std::span<const std::string> secrets = {});
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;
  ~Redactor();

  std::string operator()(std::string_view text) const;

 private:
  class Known;
  std::unique_ptr<Known> known_;
};

/// The text without its secrets, for one text: Redactor(secrets)(text).
std::string redact(std::string_view text, std::span<const std::string> secrets = {});

}  // namespace healer
