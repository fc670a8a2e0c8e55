#include "config/promql.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace healer {
namespace {

using Refused = tl::unexpected<std::string>;

constexpr std::size_t most_brackets = 100;

bool in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

/// Position of the comparison at the top level.
struct Found {
  std::size_t at = 0;
  std::size_t length = 0;
  Comparison comparison = Comparison::Greater;
};

std::optional<Found> operator_at(std::string_view text, std::size_t at) {
  struct Sign {
    std::string_view text;
    Comparison comparison;
  };
  constexpr Sign signs[] = {{"==", Comparison::Equal},          {"!=", Comparison::NotEqual},
                            {">=", Comparison::GreaterOrEqual}, {"<=", Comparison::LessOrEqual},
                            {">", Comparison::Greater},         {"<", Comparison::Less}};
  for (const Sign& sign : signs)
    if (text.substr(at).starts_with(sign.text)) return Found{at, sign.text.size(), sign.comparison};
  return std::nullopt;
}

/// The position after the quoted text that begins at `at`; npos when the closing quote is missing.
std::size_t after_quotes(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == quote) return i + 1;
    if (text[i] == '\\' && quote != '`') ++i;
  }
  return std::string_view::npos;
}

/// A number of PromQL: 5, -0.05, 1e-3, +Inf. Empty for any other text, and for NaN.
std::optional<double> read_number(std::string_view text) {
  text = trim(text);
  const bool plus = text.starts_with('+');
  if (plus) text = trim(text.substr(1));
  if (text.empty() || (plus && text.front() == '-')) return std::nullopt;
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || last != end || std::isnan(value)) return std::nullopt;
  return value;
}

/// Scans the query once, and skips text in brackets, quotes and comments.
class TopLevel {
 public:
  explicit TopLevel(std::string_view query) : query_(query) {}

  tl::expected<Found, std::string> find() {
    while (at_ < query_.size()) {
      const char c = query_[at_];
      if (c == '"' || c == '\'' || c == '`') {
        at_ = after_quotes(query_, at_);
        if (at_ == std::string_view::npos) return Refused("a quoted text in it does not end");
      } else if (c == '#') {
        at_ = std::min(query_.find('\n', at_), query_.size());
      } else if (in_word(c)) {
        if (auto word = read_word(); !word) return Refused(word.error());
      } else if (c == '(' || c == '[' || c == '{') {
        if (open_.size() == most_brackets) return Refused("it is nested too deeply");
        open_.push_back(c);
        ++at_;
      } else if (c == ')' || c == ']' || c == '}') {
        const char begin = c == ')' ? '(' : c == ']' ? '[' : '{';
        if (open_.empty() || open_.back() != begin) return Refused(fmt::format("a '{}' closes nothing", c));
        open_.pop_back();
        ++at_;
      } else if (const auto sign = open_.empty() ? operator_at(query_, at_) : std::nullopt) {
        if (found_) return Refused("it compares twice; put the inner comparison into the server's rules");
        found_ = sign;
        at_ += sign->length;
      } else {
        ++at_;
      }
    }
    if (!open_.empty()) return Refused(fmt::format("a '{}' is not closed", open_.back()));
    if (!found_) return Refused("it compares with no number at its top level");
    return *found_;
  }

 private:
  tl::expected<void, std::string> read_word() {
    const std::size_t begin = at_;
    while (at_ < query_.size() && in_word(query_[at_])) ++at_;
    if (!open_.empty()) return {};
    const std::string word = lower(query_.substr(begin, at_ - begin));
    if (word == "and" || word == "or" || word == "unless")
      return Refused(
          fmt::format("its top level is '{}'; put brackets around it, before the comparison", word));
    if (word == "bool" && found_)
      return Refused("'bool' makes it give 0 or 1; leave 'bool' out, or compare (...) with 1");
    return {};
  }

  std::string_view query_;
  std::size_t at_ = 0;
  std::vector<char> open_;
  std::optional<Found> found_;
};

}  // namespace

tl::expected<PromqlComparison, std::string> read_promql_comparison(std::string_view query) {
  const auto found = TopLevel(query).find();
  if (!found) return Refused(found.error());
  const std::string_view left = trim(query.substr(0, found->at));
  std::string_view right = query.substr(found->at + found->length);
  right = trim(right.substr(0, right.find('#')));
  if (left.empty()) return Refused(fmt::format("nothing stands before '{}'", to_string(found->comparison)));
  if (read_number(left)) return Refused("the number belongs on the right side");
  const auto number = read_number(right);
  if (!number)
    return Refused(fmt::format("'{}' after '{}' is no number", clip(printable(right), 40),
                               to_string(found->comparison)));
  return PromqlComparison{std::string(left), found->comparison, *number};
}

}  // namespace healer
