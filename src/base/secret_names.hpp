#pragma once

#include <string_view>

namespace healer {

/// How likely the value of a name is a secret.
enum class Suspicion {
  None,
  InUrl,   ///< a secret as a query value only: "code", "hash"
  Maybe,   ///< a secret if it looks random: "cache_key", "tokens", "session"
  Weak,    ///< a secret when it is assigned, or when it looks like one: "auth=", not "auth: failed"
  Strong,  ///< always a secret: "password"
  Phrase,  ///< a secret of several words: "mnemonic"
  Header,  ///< a secret to the end of the line: "Cookie"
};

/// The suspicion of a variable, field, option or header of this name, in any notation.
Suspicion suspicion_of(std::string_view name);

/// Words that mean "no value": they are no secrets, and a reader needs to see them.
bool says_nothing(std::string_view value);

/// Words that follow "password:" or "token" in a sentence: "invalid", "required", "for".
bool belongs_to_a_sentence(std::string_view word);

/// Letters and digits as humans choose for a password: at least 6 characters of two kinds, no algorithm's
/// name.
bool looks_chosen(std::string_view value);

/// Letters and digits as a program makes them: at least 10, changing often; no UUID, hexadecimal digest,
/// version, path or address.
bool looks_random(std::string_view value);

}  // namespace healer
