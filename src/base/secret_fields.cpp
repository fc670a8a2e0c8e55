#include <algorithm>
#include <array>

#include "base/secret_finder.hpp"
#include "base/text.hpp"

// Values by the name before them, in the notations that are no plain assignments.
namespace healer {
namespace {

using namespace redaction;

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_element = 512;
/// How far a name and its value may be apart, as in {"name": "PASSWORD", "value": "x"}.
constexpr std::size_t pair_distance = 300;
constexpr std::size_t longest_doubtful = 128;

/// Names of a field that holds the name of another: {"name": "PASSWORD", "value": "x"}, <input
/// type="password" ...>.
bool names_a_name(std::string_view name) {
  for (const char* each : {"name", "key", "variable", "var", "field", "param", "header", "id", "type"})
    if (name == each) return true;
  return false;
}
bool names_a_value(std::string_view name) {
  for (const char* each : {"value", "val", "content", "default"})
    if (name == each) return true;
  return false;
}

}  // namespace

/// "Authorization: Bearer abc": the scheme stays visible, the credentials follow it.
void SecretFinder::hide_authorization(TextRange value, std::size_t& next) {
  const bool quoted = value.begin > 0 && is_quote(text_[value.begin - 1]);
  const std::size_t scheme = std::min(end_of_word(text_, value.begin), quoted ? value.end : text_.size());
  const std::size_t credential = skip_blanks(text_, scheme);
  const std::string_view first = text_.substr(value.begin, scheme - value.begin);
  const bool alone = quoted ? credential >= value.end : !is_blank(at(scheme)) || is_space(at(credential));
  if (alone || first.find_first_of("=,;") != npos) {
    const bool word = first.find_first_of("0123456789=") == npos && lower(first) == first && !quoted;
    if (word && (belongs_to_a_sentence(first) || first.size() < 4)) return;
    return hide(value);
  }
  const std::string small = lower(first);
  constexpr std::array<std::string_view, 10> one_word{"bearer", "basic", "token",    "negotiate", "ntlm",
                                                      "apikey", "bot",   "geniekey", "ssws",      "oauth"};
  const bool single = std::find(one_word.begin(), one_word.end(), small) != one_word.end();
  if (!single && lower(first) == first && belongs_to_a_sentence(first)) return;
  const std::size_t line = quoted ? value.end : end_of_line(text_, credential);
  std::size_t end = end_of_plain(text_, credential);
  const std::string_view word = text_.substr(credential, std::min(end, line) - credential);
  const bool fields = word.find('=') != npos && is_quote(at(end));
  if (!quoted && fields)
    end = line;
  else if (!quoted && !single)
    end = find_any(text_, "\r\n\"'`", credential);
  else if (quoted)
    end = line;
  next = std::max(next, end);
  hide(credential, end);
}

void SecretFinder::judge_pair(const Assignment& assignment) {
  if (assignment.name.size() > 8) return;  // longer than each of those names
  const std::string name = lower(assignment.name);
  const std::size_t distance_from = assignment.begin;
  std::size_t end = assignment.after;
  const bool value_here = names_a_value(name);
  if (!value_here && !names_a_name(name)) return;
  const TextRange value = value_at(text_, skip_blanks(text_, assignment.after), end,
                                   value_here ? longest_doubtful : longest_name);
  const auto together = [&](std::size_t from, std::size_t to) {
    if (to < from || to - from > pair_distance) return false;
    const std::string_view between = text_.substr(from, to - from);
    return between.find('}') == npos && between.find("- ") == npos && between.find('>') == npos;
  };
  if (value_here) {
    if (last_secret_name_ && together(*last_secret_name_, distance_from)) hide(value);
    last_value_ = value;
    return;
  }
  if (suspicion(part(value)) < Suspicion::Weak) return;
  last_secret_name_ = value.end;
  if (last_value_ && together(last_value_->end, distance_from)) hide(*last_value_);
  // A field of a form: the name, a blank line, the value.
  const std::size_t line = end_of_line(text_, end);
  const std::size_t blank = next_line(text_, line);
  if (line == end && blank < text_.size() &&
      end_of_line(text_, skip_timestamp(text_, blank)) == skip_blanks(text_, skip_timestamp(text_, blank))) {
    const std::size_t content = skip_blanks(text_, skip_timestamp(text_, next_line(text_, blank)));
    hide(content, end_of_line(text_, content));
  }
}

/// "password%3Dx", "password\u003dx": the separators as URLs, JSON and HTML escape them.
void SecretFinder::find_escaped() {
  for (const std::string_view sign : {"%3d", "%3a", "\\u003d", "&#61;"}) {
    std::size_t next = 0;
    for (std::size_t i = small_.find(sign); i != npos; i = small_.find(sign, next)) {
      next = i + sign.size();
      std::size_t end = i;
      if (end >= 3 && small_.compare(end - 3, 3, "%22") == 0) end -= 3;
      std::size_t begin = end;
      while (begin > 0 && end - begin < longest_name && is_name(text_[begin - 1])) --begin;
      const Suspicion suspicion = suspicion_of(text_.substr(begin, end - begin));
      if (suspicion < Suspicion::Weak) continue;
      std::size_t value = i + sign.size();
      while (small_.compare(value, 3, "%20") == 0 || small_.compare(value, 3, "%22") == 0) value += 3;
      std::size_t stop = value;
      while (stop < text_.size() && is_url(text_[stop]) && text_[stop] != '&') {
        const bool escape = small_.compare(stop, 3, "%26") == 0 || small_.compare(stop, 3, "%22") == 0 ||
                            small_.compare(stop, 3, "%2c") == 0;
        if (escape) break;
        ++stop;
      }
      hide(value, stop);
      next = std::max(next, stop);
    }
  }
}

/// "--password abc" and "-password abc", as in command lines.
void SecretFinder::find_options() {
  for (std::size_t i = text_.find('-'); i != npos;) {
    const bool starts = i == 0 || is_space(text_[i - 1]) || is_quote(text_[i - 1]);
    const std::size_t begin = at(i + 1) == '-' ? i + 2 : i + 1;
    std::size_t end = begin;
    while (starts && end < text_.size() && end - begin <= longest_name && is_name(text_[end])) ++end;
    std::size_t next = std::max(end, begin);
    const std::string_view name = text_.substr(begin, end - begin);
    // Lists of arguments: ["--password", "abc"].
    std::size_t start = end;
    if (is_quote(at(start))) {
      ++start;
      if (at(start) == ',') ++start;
    }
    const bool follows = is_blank(at(start)) || (start > end && is_quote(at(start)));
    const Suspicion least = begin == i + 2 ? Suspicion::Weak : Suspicion::Strong;
    if (starts && name.size() >= 3 && follows && suspicion_of(name) >= least) {
      start = skip_blanks(text_, start);
      if (at(start) != '-' && at(start) != '\n' && start < text_.size()) {
        std::size_t after = next;
        const TextRange value = value_at(text_, start, after);
        if (!belongs_to_a_sentence(part(value))) hide(value), next = after;
      }
    }
    i = text_.find('-', next);
  }
}

/// <password>abc</password>
void SecretFinder::find_elements() {
  for (std::size_t i = text_.find("</"); i != npos; i = text_.find("</", i + 2)) {
    std::size_t end = i + 2;
    while (end < text_.size() && end - i <= longest_name && (is_name(text_[end]) || text_[end] == ':')) ++end;
    const std::string_view name = text_.substr(i + 2, end - i - 2);
    if (name.empty() || at(end) != '>') continue;
    const auto colon = name.rfind(':');
    if (suspicion_of(colon == npos ? name : name.substr(colon + 1)) < Suspicion::Weak) continue;
    const std::size_t from = i > longest_element ? i - longest_element : 0;
    const std::string_view before = text_.substr(from, i - from);
    std::size_t open = before.rfind("<" + std::string(name));
    if (open == npos) continue;
    open = before.find('>', open);
    if (open == npos) continue;
    std::size_t begin = from + open + 1;
    constexpr std::string_view data = "<![CDATA[";
    if (text_.substr(begin).starts_with(data)) begin += data.size();
    while (begin < i && is_space(text_[begin])) ++begin;
    std::size_t last = i;
    while (last > begin && is_space(text_[last - 1])) --last;
    if (text_.substr(begin, last - begin).find("</") == npos) hide(begin, last);
  }
}

/// ["x-api-key","abc"], ('password', 'abc'), {<<"password">>,<<"abc">>}: a quoted name, then a quoted value.
void SecretFinder::find_pairs() {
  for (std::size_t i = text_.find_first_of("\"'"); i != npos; i = text_.find_first_of("\"'", i + 1)) {
    std::size_t begin = i;
    while (begin > 0 && i - begin < longest_name && is_name(text_[begin - 1])) --begin;
    if (begin == i || begin == 0 || text_[begin - 1] != text_[i]) continue;
    std::size_t value = i + 1;
    bool comma = false;
    for (; value < text_.size() && value - i < 8; ++value) {
      if (std::string_view(" ,<>()[]").find(text_[value]) == npos) break;
      comma = comma || text_[value] == ',';
    }
    if (!comma || !is_quote(at(value))) continue;
    const std::string_view name = text_.substr(begin, i - begin);
    // A list of names has the form of a pair, too.
    if (suspicion_of(name) < Suspicion::Strong) continue;
    std::size_t end = value;
    const auto quoted = quoted_at(text_, value, end);
    // {"name":"PASSWORD","value":"x"}: the second string is the next field's name.
    if (!quoted || at(end) == ':' || suspicion_of(part(*quoted)) != Suspicion::None) continue;
    if (lower(name).ends_with("authorization"))
      hide_authorization(*quoted, end);
    else
      hide(*quoted);
  }
}

}  // namespace healer
