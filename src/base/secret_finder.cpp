#include "base/secret_finder.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "base/text.hpp"

namespace healer {
namespace {

using namespace redaction;

constexpr std::size_t npos = std::string_view::npos;
/// No name of a setting is longer, so the search for a name stops after so many characters.
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_gap = 32;
constexpr std::size_t longest_list = 1024;
constexpr int longest_block = 200;
/// A name that is no proof is compared with this much of its value, so that many of them cost little.
constexpr std::size_t longest_doubtful = 128;

/// A file, not base64 that begins with a slash: that has capitals everywhere.
bool is_path(std::string_view value) {
  if (value.ends_with(".pem") || value.ends_with(".key") || value.ends_with(".crt")) return true;
  if (!value.starts_with("/") && !value.starts_with("./")) return false;
  return value.find_first_of("+=") == npos && std::count_if(value.begin(), value.end(), is_upper) <= 3;
}

bool is_working_directory(std::string_view name, std::string_view value) {
  if (!value.starts_with("/")) return false;
  return name == "PWD" || name == "OLDPWD" || name == "pwd" || name == "oldpwd";
}

}  // namespace

SecretFinder::SecretFinder(std::string_view text) : text_(text), small_(lower(text)) {}

std::vector<TextRange> SecretFinder::ranges() && {
  find_assignments();
  find_escaped();
  find_options();
  find_elements();
  find_pairs();
  find_phrases();
  find_schemes();
  find_commands();
  find_logins();
  find_urls();
  find_dsns();
  find_webhooks();
  find_tokens();
  find_hashes();
  find_private_keys();
  find_jwk_numbers();
  return std::move(found_);
}

void SecretFinder::hide(std::size_t begin, std::size_t end) {
  end = std::min(end, text_.size());
  if (begin < end && !says_nothing(text_.substr(begin, end - begin))) found_.push_back({begin, end});
}

SecretFinder::Assignment SecretFinder::assignment_at(std::size_t separator, std::size_t length) const {
  Assignment found;
  std::size_t end = separator;
  for (std::size_t gap = 0; end > 0 && gap < longest_gap; ++gap) {
    if (is_blank(text_[end - 1]))
      --end;
    else if (end > 1 && text_[end - 1] == '\xA0' && text_[end - 2] == '\xC2')
      end -= 2;
    else
      break;
  }
  if (end > 0 && text_[end - 1] == ']') --end;  // ["password"] => "x"
  found.quoted = end > 0 && is_quote(text_[end - 1]);
  if (found.quoted) --end;
  while (found.quoted && end > 0 && text_[end - 1] == '\\' && separator - end < longest_gap) --end;
  std::size_t begin = end;
  while (begin > 0 && end - begin < longest_name && is_name(text_[begin - 1])) --begin;
  found.name = text_.substr(begin, end - begin);
  found.begin = begin;
  found.after = separator + length;
  found.assigned = text_[separator] == '=' || found.quoted;
  found.in_query = begin > 0 && (text_[begin - 1] == '?' || text_[begin - 1] == '&');
  return found;
}

void SecretFinder::find_assignments() {
  std::size_t next = 0;
  for (std::size_t i = text_.find_first_of("=:\xEF"); i != npos; i = text_.find_first_of("=:\xEF", next)) {
    next = i + 1;
    std::size_t length = 1;
    if (text_[i] == '\xEF') {  // the colon and the equals sign of full width
      const std::string_view wide = text_.substr(i, 3);
      if (wide != "\xEF\xBC\x9A" && wide != "\xEF\xBC\x9D") continue;
      length = 3;
    }
    // "a::b" and "scheme://" are no assignments; "password:: x" is one in LDIF.
    const bool twice = text_[i] == ':' && at(i + 1) == ':';
    if (twice && is_blank(at(i + 2))) length = 2;
    if (twice && length == 1) continue;
    if (text_[i] == ':' && at(i + 1) == '/' && at(i + 2) == '/') continue;
    const Assignment assignment = assignment_at(i, length);
    if (!assignment.name.empty()) judge(assignment, next);
  }
}

/// "API key: x": whether the word before "key" makes it the name of a secret.
bool SecretFinder::key_of_something(std::size_t begin) const {
  if (begin == 0 || text_[begin - 1] != ' ') return false;
  for (const std::string_view word : {"api", "access", "secret", "license", "private", "encryption",
                                      "signing", "account", "master", "auth", "app", "storage"})
    if (begin > word.size() && small_.compare(begin - 1 - word.size(), word.size(), word) == 0 &&
        starts_a_word(text_, begin - 1 - word.size()))
      return true;
  return false;
}

Suspicion SecretFinder::suspicion(std::string_view name) {
  if (name.empty() || name.find_first_not_of("0123456789.-") == npos) return Suspicion::None;
  Known& known = known_names_[std::hash<std::string_view>{}(name) % known_names_.size()];
  if (known.name != name) known = {name, suspicion_of(name)};
  return known.suspicion;
}

void SecretFinder::judge(const Assignment& assignment, std::size_t& next) {
  judge_pair(assignment);
  Suspicion suspicion = this->suspicion(assignment.name);
  if (suspicion == Suspicion::Maybe && small_.compare(assignment.begin, 3, "key") == 0 &&
      key_of_something(assignment.begin))
    suspicion = Suspicion::Strong;
  if (suspicion == Suspicion::None) return;
  if (suspicion == Suspicion::InUrl && !assignment.in_query) return;
  std::size_t after = assignment.after;
  while (at(after) == '=' || at(after) == '>') ++after;  // "==", "=>"
  const std::size_t start = skip_blanks(text_, after);
  if (start >= text_.size() || at(start) == '\n' || at(start) == '\r') {
    if (!judge_next_line(assignment, suspicion, start, next)) next = std::max(next, after);
    return;
  }
  const char first = at(start);
  const bool block = first == '|' || (first == '>' && text_[assignment.after - 1] == ':');
  if (block && suspicion >= Suspicion::Weak &&
      text_.substr(start + 1, end_of_line(text_, start) - start - 1).find_first_not_of("+-0123456789 ") ==
          npos) {
    hide_block(assignment.begin, start, next);
    return;
  }
  const bool opens = (first == '[' || first == '{') && suspicion != Suspicion::Header && !assignment.in_query;
  if (opens && text_.substr(start, longest_list).find(first == '[' ? ']' : '}') != npos)
    return hide_group(start, suspicion, next);
  if (suspicion == Suspicion::Header && !is_quote(first) && first != '\\') {
    const std::size_t equals = text_.substr(start, longest_doubtful).find('=');
    const std::size_t end = equals == npos ? start : find_any(text_, "\r\n\"'`", start);
    if (start + equals >= end) return;
    next = end;
    hide(start, end);
    return;
  }
  Assignment value = assignment;
  value.after = start;
  judge_value(value, suspicion, next);
}

void SecretFinder::judge_value(const Assignment& assignment, Suspicion suspicion, std::size_t& next) {
  std::size_t end = next;
  const TextRange value =
      value_at(text_, assignment.after, end, suspicion < Suspicion::Weak ? longest_doubtful : longest_value);
  const std::string_view shown = part(value);
  const bool value_quoted = value.begin > assignment.after;
  const std::string name = lower(assignment.name);
  const bool sentence = !assignment.assigned && !value_quoted;
  const bool is_key = name.ends_with("key");
  if (is_working_directory(assignment.name, shown) || (is_key && is_path(shown))) return;
  if (suspicion == Suspicion::Phrase)
    return hide(assignment.after, next = end_of_line(text_, assignment.after));
  if (name.ends_with("authorization")) {
    next = end;
    return hide_authorization(value, next);
  }
  if (suspicion == Suspicion::Maybe) {
    // In a query "key" is the key of an interface, "sort_key" the name of a column.
    const bool sure = assignment.in_query && (name == "key" || shown.size() >= 8) && looks_chosen(shown);
    const bool signed_query = assignment.in_query && shown.size() >= 16 && name.ends_with("signature");
    if (sure || signed_query || looks_random(shown)) hide(value), next = end;
    return;
  }
  if (suspicion == Suspicion::InUrl) {
    if (shown.size() > 3 || name == "sig") hide(value), next = end;
    return;
  }
  if (suspicion == Suspicion::Weak && !assignment.assigned) {
    const bool number =
        name.ends_with("pin") || name.ends_with("otp") || name.ends_with("code") || name.ends_with("mfa");
    const bool digits =
        number && shown.size() >= 4 && shown.size() <= 8 && shown.find_first_not_of("0123456789") == npos;
    const bool one_word = shown.find(' ') == npos;
    const bool chosen = looks_chosen(shown) && shown.find('=') == npos;
    const bool fits =
        value_quoted ? one_word && shown.size() >= 4 && !belongs_to_a_sentence(shown) : chosen || digits;
    if (!fits) return;
  }
  if (sentence && (belongs_to_a_sentence(shown) || assignment.name == "PASS")) return;
  // The value of a JSON field has quotes, or is a number; "in a program": secret = new Secret().
  const bool unquoted_word = !value_quoted && is_blank(at(end)) && shown.find_first_of("0123456789") == npos;
  if (unquoted_word && assignment.quoted && text_[assignment.after - 1] != '=' &&
      at(skip_blanks(text_, end)) != '#')
    return;
  if (unquoted_word && (shown == "new" || shown == "await" || shown == "async" || shown == "function"))
    return;
  next = end;
  const bool password = name.find("pass") != npos;
  if (sentence && password && is_blank(text_[assignment.after - 1]))
    return hide_password_words(value.begin, next);
  hide(value);
  // A plan of changes: password = "old" -> "new".
  const std::size_t arrow = skip_blanks(text_, end);
  if (value_quoted && text_.substr(arrow, 2) == "->")
    if (const auto changed = quoted_at(text_, skip_blanks(text_, arrow + 2), next)) hide(*changed);
}

/// "password: some words of a phrase": to the end of the line, or to where another field begins.
void SecretFinder::hide_password_words(std::size_t start, std::size_t& next) {
  const std::size_t line = end_of_line(text_, start);
  next = end_of_plain(text_, start);
  while (next < line && is_blank(text_[next])) {
    const std::size_t word = skip_blanks(text_, next);
    if (word >= line || is_quote(text_[word]) || name_follows(text_, word)) break;
    if (std::string_view("#(-|[<{").find(text_[word]) != npos) break;
    const std::size_t end = std::min(end_of_plain(text_, word), line);
    if (end == word) break;
    next = end;
  }
  hide(start, next);
}

/// The value of a name stands on the next line: JSON over several lines, lists, a value of its own line.
bool SecretFinder::judge_next_line(const Assignment& assignment, Suspicion suspicion, std::size_t start,
                                   std::size_t& next) {
  const std::size_t line = next_line(text_, start);
  const std::size_t value = skip_blanks(text_, skip_timestamp(text_, line));
  if (value >= text_.size() || suspicion == Suspicion::InUrl) return false;
  if (assignment.quoted) {
    std::size_t end = value;
    const auto quoted = quoted_at(text_, value, end);
    if (!quoted) return false;
    if (suspicion == Suspicion::Maybe && !looks_random(part(*quoted))) return false;
    hide(*quoted);
    next = end;
    return true;
  }
  if (at(value) == '-' && at(value + 1) == ' ') {
    hide_list(line, next);
    return true;
  }
  const std::size_t end = end_of_word(text_, value);
  if (skip_blanks(text_, end) != end_of_line(text_, end) || !looks_chosen(text_.substr(value, end - value)))
    return false;
  if (text_.substr(value, end - value).find_first_of("=:") != npos) return false;
  hide(value, end);
  next = end;
  return true;
}

/// "tokens:", then lines of "- x".
void SecretFinder::hide_list(std::size_t start, std::size_t& next) {
  for (int lines = 0; lines < longest_block && start < text_.size(); ++lines) {
    const std::size_t item = skip_blanks(text_, skip_timestamp(text_, start));
    if (at(item) != '-' || at(item + 1) != ' ') return;
    std::size_t end = item + 2;
    const TextRange value = value_at(text_, skip_blanks(text_, end), end);
    if (name_follows(text_, value.begin)) return;  // a list of objects
    if (part(value).size() >= 4) hide(value);
    next = end;
    start = next_line(text_, end);
  }
}

/// A block of YAML: the lines that are further in than the name.
void SecretFinder::hide_block(std::size_t name, std::size_t start, std::size_t& next) {
  const std::size_t before = name == 0 ? npos : text_.rfind('\n', name - 1);
  const auto indent_of = [this](std::size_t line, std::size_t& content) {
    const std::size_t begin = skip_timestamp(text_, line);
    content = skip_blanks(text_, begin);
    return content - begin;
  };
  std::size_t content = 0;
  // The search for the line's begin reads back only as far as names do.
  const bool near = before != npos && name - before < 512;
  const std::size_t indent = before == npos ? indent_of(0, content)
                             : near         ? indent_of(before + 1, content)
                                            : 0;
  std::size_t line = next_line(text_, start);
  for (int lines = 0; lines < longest_block && line < text_.size(); ++lines) {
    const std::size_t depth = indent_of(line, content);
    const std::size_t end = end_of_line(text_, content);
    if (content < end && depth <= indent) return;
    hide(content, end);
    next = std::max(next, end);
    line = next_line(text_, end);
  }
}

/// The strings in a list or an object after the name of a secret.
void SecretFinder::hide_group(std::size_t start, Suspicion suspicion, std::size_t& next) {
  const char open = at(start);
  const char close = open == '[' ? ']' : '}';
  const std::size_t limit = std::min(text_.size(), start + longest_list);
  bool value_follows = open == '[';
  for (std::size_t i = start + 1; i < limit;) {
    const char c = text_[i];
    if (c == close) break;
    if (open == '{' && !is_quote(c))
      value_follows = c == ':' || (value_follows && (is_space(c) || c == '\\'));
    if (is_quote(c) || (c == '\\' && is_quote(at(i + 1)))) {
      std::size_t end = i + 1;
      const auto value = quoted_at(text_, i, end);
      if (value && value_follows && (suspicion != Suspicion::Maybe || looks_random(part(*value))))
        hide(*value);
      next = std::max(next, i + 1);
      i = std::max(end, i + 1);
      if (open == '{') value_follows = false;
      continue;
    }
    if (open == '[' && !is_space(c) && c != ',' && c != '\\') {
      const std::size_t end = std::min(find_any(text_, ",]}\"' \r\n", i), limit);
      if (looks_chosen(text_.substr(i, end - i)) && suspicion != Suspicion::InUrl) hide(i, end);
      i = std::max(end, i + 1);
      continue;
    }
    ++i;
  }
  next = std::max(next, start + 1);
}

}  // namespace healer
