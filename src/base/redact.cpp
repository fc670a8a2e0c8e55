#include "base/redact.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <initializer_list>
#include <vector>

#include "base/text.hpp"

namespace healer {
namespace {

constexpr std::size_t npos = std::string_view::npos;
/// No name of a setting is longer, so the search for a name stops after so many characters.
constexpr std::size_t longest_name = 64;
constexpr std::size_t least_secret = 4;
constexpr std::size_t least_line = 8;
/// One round is enough for ordinary text. A text that still changes after this many rounds was made to do so.
constexpr int most_rounds = 8;

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_space(char c) {
  return is_blank(c) || c == '\r' || c == '\n' || c == '\f' || c == '\v' || c == '\0';
}
bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}
bool is_name(char c) {
  return is_alnum(c) || c == '_' || c == '-' || c == '.';
}
bool is_base64url(char c) {
  return is_alnum(c) || c == '_' || c == '-';
}
/// Whether the character can be part of a URL in running text.
bool is_url(char c) {
  return !is_space(c) && !is_quote(c) && c != '<' && c != '>' && c != '\\';
}

/// Words that mean "no value": they are no secrets, and a reader needs to see them.
bool says_nothing(std::string_view value) {
  const std::string word = lower(value);
  for (const char* each : {"", "null", "none", "nil", "undefined", "true", "false", "yes", "no", "on", "off"})
    if (word == each) return true;
  return false;
}

/// The words of a name in lower case: "apiKey" and "API_KEY" are both {"api", "key"}.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_alnum(c)) {
      if (!words.back().empty()) words.emplace_back();
      continue;
    }
    const bool capital = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (capital && i > 0 && std::islower(static_cast<unsigned char>(name[i - 1]))) words.emplace_back();
    words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool one_of(std::string_view word, std::initializer_list<const char*> list) {
  return std::any_of(list.begin(), list.end(), [&](const char* each) { return word == each; });
}

/// How likely the value of a name is a secret.
enum class Suspicion {
  None,
  InUrl,   ///< a secret as a query value only: "key", "sig"
  Weak,    ///< a secret when it is assigned: "auth=", not "auth: failed"
  Strong,  ///< always a secret: "password"
  Header,  ///< a secret to the end of the line: "Cookie"
};

Suspicion suspicion_of(std::string_view name) {
  const std::vector<std::string> words = words_of(name);
  if (words.empty()) return Suspicion::None;
  if (one_of(words.back(), {"file", "path", "dir", "ttl", "type", "length", "count", "expiry", "expires",
                            "expired", "policy", "url", "uri", "endpoint"}) &&
      words.size() > 1)
    return Suspicion::None;
  std::string joined;
  for (const std::string& word : words) joined += word;
  if (joined == "cookie" || joined == "setcookie") return Suspicion::Header;
  for (const char* part : {"password", "passwd", "passphrase", "secret", "apikey", "accesskey", "privatekey",
                           "signingkey", "encryptionkey", "masterkey", "credential", "authorization"})
    if (joined.find(part) != npos) return Suspicion::Strong;
  for (const std::string& word : words)
    if (word.ends_with("token") || one_of(word, {"jwt", "sessionid", "jsessionid", "phpsessid"}))
      return Suspicion::Strong;
  if (one_of(words.back(), {"pwd", "pass", "auth", "pin", "bearer", "cookie", "webhook", "csrf"}))
    return Suspicion::Weak;
  if (one_of(joined, {"key", "sig", "signature", "code", "sas", "hash"})) return Suspicion::InUrl;
  return Suspicion::None;
}

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Finds the ranges of one text that must be hidden.
class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text), small_(lower(text)) {}

  std::vector<Range> ranges() && {
    find_assignments();
    find_options();
    find_credentials();
    find_urls();
    find_webhooks();
    find_tokens();
    find_private_keys();
    return std::move(found_);
  }

 private:
  void hide(std::size_t begin, std::size_t end) {
    if (begin < end && !says_nothing(text_.substr(begin, end - begin))) found_.push_back({begin, end});
  }

  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  std::size_t skip_blanks(std::size_t i) const {
    while (i < text_.size() && is_blank(text_[i])) ++i;
    return i;
  }
  std::size_t end_of_line(std::size_t i) const {
    return std::min(text_.find_first_of("\r\n", i), text_.size());
  }
  template <class Allowed>
  std::size_t end_of(std::size_t i, Allowed allowed) const {
    while (i < text_.size() && allowed(text_[i])) ++i;
    return i;
  }
  /// No character of the same word stands before position i.
  bool starts_a_word(std::size_t i) const { return i == 0 || !is_base64url(text_[i - 1]); }

  /// Whether another "name=" begins here, after a separator within unquoted text.
  bool name_follows(std::size_t i) const {
    i = skip_blanks(i);
    while (i < text_.size() && (is_quote(text_[i]) || text_[i] == '\\')) ++i;
    const std::size_t start = i;
    while (i < text_.size() && i - start <= longest_name && is_name(text_[i])) ++i;
    return i > start && (at(i) == '=' || at(i) == ':' || is_quote(at(i)));
  }

  std::size_t end_of_plain(std::size_t i) const {
    for (; i < text_.size(); ++i) {
      const char c = text_[i];
      if (is_space(c) || is_quote(c)) break;
      if (c == '\\' && is_quote(at(i + 1))) break;
      if ((c == ',' || c == ';' || c == '&') && name_follows(i + 1)) break;
      if ((c == ',' || c == ';') && (i + 1 == text_.size() || is_space(text_[i + 1]))) break;
    }
    return i;
  }

  /// The value that begins here, without its quotes; the search continues at `next`.
  Range value_at(std::size_t i, std::size_t& next) const {
    const bool escaped = at(i) == '\\' && is_quote(at(i + 1));
    const std::size_t quote_at = escaped ? i + 1 : i;
    if (!is_quote(at(quote_at))) {
      next = end_of_plain(i);
      return {i, next};
    }
    const char quote = text_[quote_at];
    const std::size_t begin = quote_at + 1;
    bool backslash = false;
    for (std::size_t k = begin; k < text_.size() && text_[k] != '\n'; ++k) {
      if (text_[k] == quote && backslash == escaped) {
        next = k + 1;
        return {begin, escaped ? k - 1 : k};
      }
      backslash = text_[k] == '\\' && !backslash;
    }
    next = end_of_line(begin);  // the text ends before the closing quote
    return {begin, next};
  }

  /// The name before `separator`; blanks and quotes may stand between name and separator.
  std::string_view name_before(std::size_t separator, bool& quoted) const {
    std::size_t end = separator;
    if (end > 0 && is_blank(text_[end - 1])) --end;
    quoted = end > 0 && is_quote(text_[end - 1]);
    if (quoted) --end;
    if (quoted && end > 0 && text_[end - 1] == '\\') --end;
    std::size_t begin = end;
    while (begin > 0 && end - begin < longest_name && is_name(text_[begin - 1])) --begin;
    return text_.substr(begin, end - begin);
  }

  void find_assignments() {
    for (std::size_t i = text_.find_first_of("=:"); i != npos;) {
      std::size_t next = i + 1;
      bool quoted = false;
      const std::string_view name = name_before(i, quoted);
      const bool assigned = text_[i] == '=' || quoted;
      // "a::b" and "scheme://" are no assignments.
      const bool other = text_[i] == ':' && (at(i + 1) == ':' || (at(i + 1) == '/' && at(i + 2) == '/'));
      if (!name.empty() && !other) {
        const auto begin = static_cast<std::size_t>(name.data() - text_.data());
        const bool in_query = begin > 0 && (text_[begin - 1] == '?' || text_[begin - 1] == '&');
        judge(name, i + 1, assigned, in_query, next);
      }
      i = text_.find_first_of("=:", next);
    }
  }

  void judge(std::string_view name, std::size_t after, bool assigned, bool in_query, std::size_t& next) {
    const Suspicion suspicion = suspicion_of(name);
    if (suspicion == Suspicion::None || (suspicion == Suspicion::Weak && !assigned)) return;
    if (suspicion == Suspicion::InUrl && !in_query) return;
    if (at(after) == '=' || at(after) == '>') ++after;  // "==", "=>"
    const std::size_t start = skip_blanks(after);
    if (suspicion == Suspicion::Header && !is_quote(at(start))) {
      next = std::min(text_.find_first_of("\r\n\"'`", start), text_.size());
      hide(start, next);
      return;
    }
    Range value = value_at(start, next);
    // PWD with a path is the working directory, not a password.
    if (lower(name).ends_with("pwd") && at(value.begin) == '/') return;
    if (lower(name).ends_with("authorization")) value.begin = after_scheme(value, next);
    hide(value.begin, value.end);
  }

  /// "Authorization: Bearer abc": the scheme stays visible, the secret follows it.
  std::size_t after_scheme(Range& value, std::size_t& next) const {
    for (const std::string_view scheme :
         {"bearer", "basic", "token", "apikey", "digest", "negotiate", "aws4-hmac-sha256"}) {
      if (small_.compare(value.begin, scheme.size(), scheme) != 0) continue;
      const std::size_t end = value.begin + scheme.size();
      if (!is_blank(at(end))) continue;
      const std::size_t credential = skip_blanks(end);
      if (end >= value.end) {  // the unquoted value ended after the scheme
        const bool list = scheme == "digest" || scheme.starts_with("aws4");
        value.end = list ? end_of_line(credential) : end_of_plain(credential);
        next = std::max(next, value.end);
      }
      return credential;
    }
    return value.begin;
  }

  /// "--password abc", as in command lines.
  void find_options() {
    for (std::size_t i = text_.find("--"); i != npos;) {
      const std::size_t begin = i + 2;
      std::size_t end = begin;
      while (end < text_.size() && end - begin <= longest_name && is_name(text_[end])) ++end;
      std::size_t next = std::max(end, begin);
      if (end > begin && is_blank(at(end)) && (i == 0 || is_space(text_[i - 1]) || is_quote(text_[i - 1])) &&
          suspicion_of(text_.substr(begin, end - begin)) >= Suspicion::Weak) {
        const std::size_t start = skip_blanks(end);
        if (at(start) != '-') {
          const Range value = value_at(start, next);
          hide(value.begin, value.end);
        }
      }
      i = text_.find("--", next);
    }
  }

  /// "Bearer abc" without a field name. Hides only text that looks like a credential: ordinary words may
  /// follow "basic", too.
  void find_credentials() {
    for (const std::string_view scheme : {"bearer", "basic"}) {
      for (std::size_t i = small_.find(scheme); i != npos;) {
        const std::size_t end = i + scheme.size();
        const std::size_t begin = skip_blanks(end);
        std::size_t next = end;
        if (begin > end && starts_a_word(i)) {
          next = end_of(
              begin, [](char c) { return is_base64url(c) || c == '.' || c == '+' || c == '/' || c == '='; });
          const std::string_view run = text_.substr(begin, next - begin);
          if (run.size() >= 12 && std::any_of(run.begin(), run.end(), [](char c) {
                return is_digit(c) || c == '=' || c == '+' || std::isupper(static_cast<unsigned char>(c));
              }))
            hide(begin, next);
        }
        i = small_.find(scheme, next);
      }
    }
  }

  void find_urls() {
    constexpr std::size_t longest_login = 512;
    for (std::size_t i = text_.find("://"); i != npos; i = text_.find("://", i + 3)) {
      const std::size_t begin = i + 3;
      std::size_t end = begin;
      while (end < text_.size() && end - begin < longest_login && is_url(text_[end])) ++end;
      const std::string_view rest = text_.substr(begin, end - begin);
      const std::size_t authority = std::min(rest.find_first_of("/?#"), rest.size());
      const std::size_t colon = rest.substr(0, authority).find(':');
      std::size_t sign = rest.substr(0, authority).rfind('@');
      // A password may contain characters that should be encoded: "user:a/b@host".
      if (sign == npos && colon != npos && colon + 1 < authority && !is_digit(rest[colon + 1]))
        sign = rest.find('@');
      if (sign == npos) continue;
      // A long user name without a password is a token; a short one such as "git" is not.
      if (colon != npos && colon < sign)
        hide(begin + colon + 1, begin + sign);
      else if (sign >= 16)
        hide(begin, begin + sign);
    }
  }

  void find_webhooks() {
    for (const std::string_view place :
         {"hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/",
          "discord.com/api/webhooks/", "discordapp.com/api/webhooks/", "webhook.office.com/",
          "outlook.office.com/webhook/", "api.telegram.org/bot", "hooks.zapier.com/hooks/catch/",
          "events.pagerduty.com/integration/", "maker.ifttt.com/trigger/", "hc-ping.com/"}) {
      for (std::size_t i = small_.find(place); i != npos;) {
        const std::size_t begin = i + place.size();
        const std::size_t end = end_of(begin, [](char c) { return is_url(c) && c != ',' && c != ')'; });
        hide(begin, end);
        i = small_.find(place, end);
      }
    }
  }

  struct Form {
    std::string_view prefix;
    std::size_t least;  ///< characters after the prefix
    bool capitals = false;
  };

  /// Tokens that can be recognised by their form.
  void find_tokens() {
    static constexpr std::array<Form, 24> forms{{
        {"AKIA", 16, true}, {"ASIA", 16, true}, {"ghp_", 16},        {"gho_", 16},    {"ghu_", 16},
        {"ghs_", 16},       {"ghr_", 16},       {"github_pat_", 16}, {"glpat-", 12},  {"gldt-", 12},
        {"glrt-", 12},      {"xoxb-", 8},       {"xoxp-", 8},        {"xoxa-", 8},    {"xoxr-", 8},
        {"xoxs-", 8},       {"xapp-", 8},       {"sk_live_", 8},     {"rk_live_", 8}, {"sk-", 20},
        {"AIza", 30},       {"npm_", 20},       {"hvs.", 20},        {"dop_v1_", 20},
    }};
    for (std::size_t i = 0; i < text_.size();) {
      if (!is_base64url(text_[i])) {
        ++i;
        continue;
      }
      // Each word is examined once: the form of a token shows at the word's beginning.
      const std::size_t end = end_of(i, [](char c) { return is_base64url(c) || c == '.'; });
      const std::string_view word = text_.substr(i, end - i);
      if (word.starts_with("eyJ") && word.size() >= 20 && word.find('.') != npos) hide(i, end);
      for (const Form& form : forms) {
        if (!word.starts_with(form.prefix) || word.size() < form.prefix.size() + form.least) continue;
        const std::string_view tail = word.substr(form.prefix.size());
        const auto capital = [](char c) {
          return is_digit(c) || std::isupper(static_cast<unsigned char>(c));
        };
        if (form.capitals && !std::all_of(tail.begin(), tail.begin() + 16, capital)) continue;
        hide(i, end);
        break;
      }
      i = end;
    }
  }

  void find_private_keys() {
    constexpr std::string_view first = "-----BEGIN ";
    constexpr std::string_view last = "-----END ";
    constexpr std::string_view kind = "PRIVATE KEY-----";
    constexpr std::size_t longest_line = 60;
    std::size_t from = 0;
    bool inside = true;  // the text may begin inside a key
    while (true) {
      const std::size_t dashes = text_.find("-----", from);
      if (dashes == npos) break;
      const bool begins = text_.substr(dashes).starts_with(first);
      const bool ends = text_.substr(dashes).starts_with(last);
      const std::size_t mark = begins || ends ? text_.substr(dashes, longest_line).find(kind) : npos;
      if (mark == npos) {
        from = dashes + 1;
        continue;
      }
      if (ends && inside) hide(key_begin_, dashes);
      inside = begins;
      key_begin_ = dashes + mark + kind.size();
      from = key_begin_;
    }
    if (inside && key_begin_ > 0) hide(key_begin_, text_.size());
  }

  std::string_view text_;
  std::string small_;
  std::vector<Range> found_;
  std::size_t key_begin_ = 0;
};

std::string replace_ranges(std::string_view text, std::vector<Range> ranges) {
  if (ranges.empty()) return std::string(text);
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = 0; i < ranges.size();) {
    Range whole = ranges[i];
    for (++i; i < ranges.size() && ranges[i].begin <= whole.end; ++i)
      whole.end = std::max(whole.end, ranges[i].end);
    out.append(text.substr(done, whole.begin - done)).append(redacted_mark);
    done = whole.end;
  }
  return out.append(text.substr(done));
}

std::vector<std::string> parts_to_hide(std::span<const std::string> secrets) {
  std::vector<std::string> parts;
  for (const std::string& secret : secrets) {
    const std::string whole(trim(secret));
    if (whole.size() < least_secret || says_nothing(whole) || whole.find(redacted_mark) != npos) continue;
    parts.push_back(whole);
    if (whole.find('\n') == npos) continue;
    for (const std::string& line : split(whole, '\n'))
      if (const auto part = trim(line); part.size() >= least_line) parts.emplace_back(part);
  }
  return parts;
}

/// Adds the ranges of the given secrets in a stretch of text that contains no redacted_mark.
void hide_given(std::string_view stretch, std::size_t offset, const std::vector<std::string>& parts,
                std::vector<Range>& ranges) {
  for (const std::string& part : parts)
    for (std::size_t i = stretch.find(part); i != npos; i = stretch.find(part, i + part.size()))
      ranges.push_back({offset + i, offset + i + part.size()});
}

std::string without_given(std::string_view text, const std::vector<std::string>& parts) {
  std::vector<Range> ranges;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t mark = std::min(text.find(redacted_mark, begin), text.size());
    hide_given(text.substr(begin, mark - begin), begin, parts, ranges);
    begin = mark + redacted_mark.size();
  }
  return replace_ranges(text, std::move(ranges));
}

}  // namespace

bool names_a_secret(std::string_view name) {
  return suspicion_of(name.substr(0, longest_name * 4)) >= Suspicion::Weak;
}

std::string redact(std::string_view text, std::span<const std::string> secrets) {
  const std::vector<std::string> parts = parts_to_hide(secrets);
  std::string now = without_given(text, parts);
  for (int round = 0; round < most_rounds; ++round) {
    std::string next = replace_ranges(now, Finder(now).ranges());
    next = without_given(next, parts);
    if (next == now) return now;
    now = std::move(next);
  }
  return std::string(redacted_mark);
}

}  // namespace healer
