#include "base/secret_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace healer {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_alpha(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

template <std::size_t N>
bool in(std::string_view word, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// The words of a name in lower case: "apiKey" and "API_KEY" are both {"api", "key"}; "token2" is {"token"}.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_alpha(c) && !is_digit(c)) {
      if (!words.back().empty()) words.emplace_back();
      continue;
    }
    const bool small_before = i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (is_upper(c) && small_before) words.emplace_back();
    words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (words.back().empty()) words.pop_back();
  for (std::string& word : words)
    while (word.size() > 1 && is_digit(word.back())) word.pop_back();
  return words;
}

/// The last word of a name of something about a secret, or of a program's part that handles secrets.
constexpr std::array<std::string_view, 96> about_a_secret{"file",
                                                          "path",
                                                          "dir",
                                                          "ttl",
                                                          "type",
                                                          "length",
                                                          "count",
                                                          "expiry",
                                                          "expires",
                                                          "expired",
                                                          "expiration",
                                                          "policy",
                                                          "url",
                                                          "uri",
                                                          "endpoint",
                                                          "name",
                                                          "names",
                                                          "age",
                                                          "size",
                                                          "limit",
                                                          "max",
                                                          "min",
                                                          "version",
                                                          "algorithm",
                                                          "alg",
                                                          "mode",
                                                          "enabled",
                                                          "required",
                                                          "used",
                                                          "field",
                                                          "input",
                                                          "strength",
                                                          "hint",
                                                          "manager",
                                                          "store",
                                                          "provider",
                                                          "validator",
                                                          "encoder",
                                                          "filter",
                                                          "service",
                                                          "controller",
                                                          "handler",
                                                          "factory",
                                                          "exception",
                                                          "error",
                                                          "errors",
                                                          "utils",
                                                          "helper",
                                                          "repository",
                                                          "request",
                                                          "reset",
                                                          "interceptor",
                                                          "resolver",
                                                          "generator",
                                                          "parser",
                                                          "module",
                                                          "test",
                                                          "tests",
                                                          "rotation",
                                                          "refresher",
                                                          "timeout",
                                                          "interval",
                                                          "seconds",
                                                          "index",
                                                          "position",
                                                          "status",
                                                          "state",
                                                          "result",
                                                          "authenticator",
                                                          "authentication",
                                                          "issuer",
                                                          "audience",
                                                          "verification",
                                                          "verifier",
                                                          "retries",
                                                          "attempts",
                                                          "location",
                                                          "ref",
                                                          "java",
                                                          "go",
                                                          "py",
                                                          "js",
                                                          "ts",
                                                          "rb",
                                                          "cpp",
                                                          "rs",
                                                          "kt",
                                                          "php",
                                                          "cs",
                                                          "hpp",
                                                          "tsx",
                                                          "jsx",
                                                          "json",
                                                          "yaml",
                                                          "yml",
                                                          "txt"};

constexpr std::array<std::string_view, 33> always_secret{"password",
                                                         "passwd",
                                                         "passphrase",
                                                         "passcode",
                                                         "secret",
                                                         "apikey",
                                                         "appkey",
                                                         "accesskey",
                                                         "accountkey",
                                                         "privatekey",
                                                         "signingkey",
                                                         "encryptionkey",
                                                         "decryptionkey",
                                                         "masterkey",
                                                         "sharedkey",
                                                         "licensekey",
                                                         "licencekey",
                                                         "hmackey",
                                                         "sessionkey",
                                                         "authkey",
                                                         "storagekey",
                                                         "deploykey",
                                                         "subscriptionkey",
                                                         "functionskey",
                                                         "consumerkey",
                                                         "integrationkey",
                                                         "unlockkey",
                                                         "keydata",
                                                         "credential",
                                                         "authorization",
                                                         "sharedaccesssignature",
                                                         "requirepass",
                                                         "masterauth"};

bool is_token_word(std::string_view word) {
  constexpr std::array<std::string_view, 9> words{"jwt",   "sessionid", "jsessionid", "phpsessid", "psk",
                                                  "creds", "cred",      "pat",        "sas"};
  return word.ends_with("token") || in(word, words);
}

bool is_weak_word(std::string_view word) {
  constexpr std::array<std::string_view, 14> words{"pwd",    "pass",    "auth", "pin",     "bearer",
                                                   "cookie", "webhook", "csrf", "pw",      "otp",
                                                   "totp",   "xsrf",    "mfa",  "passwort"};
  constexpr std::array<std::string_view, 7> no_password{"compass",  "bypass",    "encompass", "surpass",
                                                        "overpass", "underpass", "trespass"};
  return in(word, words) || word.ends_with("pwd") || (word.ends_with("pw") && word.size() <= 8) ||
         (word.ends_with("pass") && !in(word, no_password));
}

bool is_code(std::string_view joined) {
  constexpr std::array<std::string_view, 8> codes{"verificationcode", "mfacode",    "authcode",
                                                  "recoverycode",     "backupcode", "securitycode",
                                                  "otpcode",          "logincode"};
  return in(joined, codes);
}

constexpr std::array<std::string_view, 12> maybe_secret{"key",     "keys", "tokens", "session",
                                                        "sid",     "salt", "sess",   "signature",
                                                        "license", "hmac", "mac",    "enckey"};

constexpr std::array<std::string_view, 5> url_secret{"code", "hash", "sig", "ticket", "assertion"};

bool all_hex(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
}

}  // namespace

Suspicion suspicion_of(std::string_view name) {
  const std::vector<std::string> words = words_of(name);
  if (words.empty()) return Suspicion::None;
  const std::string& last = words.back();
  if (words.size() > 1 && in(last, about_a_secret)) return Suspicion::None;
  // The id of a secret is public, except where it is half of a login ("secret_id") or the secret
  // ("session_id").
  if (words.size() > 1 && last == "id") {
    const std::string& before = words[words.size() - 2];
    return before == "secret" || before == "session" ? Suspicion::Strong : Suspicion::None;
  }
  std::string joined;
  for (const std::string& word : words) joined += word;
  if (joined == "cookie" || joined == "cookies" || joined == "setcookie") return Suspicion::Header;
  if (joined.ends_with("mnemonic") || joined.ends_with("seedphrase") || joined.ends_with("recoveryphrase"))
    return Suspicion::Phrase;
  if (joined.find("publickey") != npos) return Suspicion::None;
  for (const std::string_view part : always_secret)
    if (joined.find(part) != npos) return Suspicion::Strong;
  if (std::any_of(words.begin(), words.end(), is_token_word)) return Suspicion::Strong;
  if (is_weak_word(last) || is_code(joined)) return Suspicion::Weak;
  if (in(last, maybe_secret)) return Suspicion::Maybe;
  if (in(last, url_secret)) return Suspicion::InUrl;
  return Suspicion::None;
}

bool says_nothing(std::string_view value) {
  constexpr std::array<std::string_view, 22> words{
      "",   "null", "none", "nil",   "undefined", "true",     "false",   "yes", "no",   "on",    "off",
      "[]", "{}",   "\"\"", "basic", "auto",      "disabled", "enabled", "***", "****", "*****", "******"};
  if (value.size() > 9) return value.find_first_not_of("*xX") == npos;
  return in(lower(value), words);
}

bool belongs_to_a_sentence(std::string_view word) {
  constexpr std::array<std::string_view, 103> words{
      "invalid",   "expired",   "required",     "missing",  "incorrect",  "wrong",
      "denied",    "failed",    "fails",        "failure",  "ok",         "set",
      "unset",     "empty",     "changed",      "updated",  "mismatch",   "not",
      "is",        "was",       "are",          "must",     "cannot",     "can",
      "could",     "unable",    "rejected",     "accepted", "auth",       "authentication",
      "for",       "from",      "with",         "without",  "of",         "in",
      "the",       "a",         "an",           "to",       "and",        "or",
      "has",       "have",      "will",         "should",   "does",       "did",
      "be",        "been",      "valid",        "verified", "revoked",    "refreshed",
      "created",   "deleted",   "rotated",      "found",    "stored",     "loaded",
      "generated", "provided",  "supplied",     "given",    "unknown",    "malformed",
      "error",     "errors",    "at",           "by",       "on",         "too",
      "needs",     "refresh",   "reset",        "success",  "successful", "succeeded",
      "granted",   "forbidden", "unauthorized", "disabled", "enabled",    "pending",
      "default",   "string",    "field",        "file",     "hash",       "type",
      "see",       "please",    "no",           "this",     "yes",        "true",
      "none",      "null",      "false",        "new",      "await",      "async",
      "function"};
  std::string small = lower(word);
  while (!small.empty() && std::string_view(".,;:!)").find(small.back()) != npos) small.pop_back();
  return in(small, words);
}

bool looks_chosen(std::string_view value) {
  constexpr std::array<std::string_view, 18> algorithms{
      "sha1",   "sha256",        "sha512",        "md5",     "base64", "bcrypt2",
      "argon2", "argon2id",      "pbkdf2",        "oauth2",  "utf8",   "utf-8",
      "base32", "scram-sha-256", "scram-sha-512", "sha-256", "x509",   "ed25519"};
  if (value.size() < 6 || in(lower(value), algorithms)) return false;
  if (value.find("://") != npos || value[0] == '/' || value[0] == '<') return false;
  const auto digits = std::count_if(value.begin(), value.end(), is_digit);
  const auto letters = std::count_if(value.begin(), value.end(), is_alpha);
  return digits > 0 && letters > 0;
}

bool looks_random(std::string_view value) {
  if (value.size() < 10 || value[0] == '/') return false;
  if (all_hex(value)) return false;
  int changes = 0;
  int last = -1;
  bool digit = false;
  bool letter = false;
  for (const char c : value) {
    const int kind = is_digit(c) ? 0 : is_upper(c) ? 1 : is_alpha(c) ? 2 : 3;
    if (kind == 3) {
      if (std::string_view("_+/=.~-%$!*").find(c) == npos) return false;
      if (c == '/' && value.size() < 32) return false;
      continue;
    }
    digit = digit || kind == 0;
    letter = letter || kind != 0;
    changes += last != -1 && kind != last ? 1 : 0;
    last = kind;
  }
  const bool uuid = value.size() == 36 && value[8] == '-' && value[13] == '-' && value[18] == '-';
  return digit && letter && !uuid && changes >= 3;
}

}  // namespace healer
