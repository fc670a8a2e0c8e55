#include "probe/maintenance.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "net/http_text.hpp"

namespace healer {

namespace {

// The name of a member without case and separators, so that maintenance_mode and maintenanceMode are one.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name)
    if (c != '_' && c != '-' && c != ' ') plain += net::lower_ascii(c);
  return plain;
}

template <std::size_t Count>
bool one_of(std::string_view text, const std::array<std::string_view, Count>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// maintenance, maintenance_mode, in_maintenance, under_maintenance, is_maintenance_mode, ...
bool is_maintenance(std::string_view plain) {
  constexpr std::array<std::string_view, 3> before{"in", "under", "is"};
  constexpr std::array<std::string_view, 2> names{"maintenance", "maintenancemode"};
  for (const std::string_view each : before)
    if (plain.starts_with(each)) return one_of(plain.substr(each.size()), names);
  return one_of(plain, names);
}

bool says_state(std::string_view plain) {
  constexpr std::array<std::string_view, 5> names{"status", "state", "mode", "code", "error"};
  return one_of(plain, names);
}

/// Steps through the top-level members of a JSON object. It reads no further than the first byte that does
/// not fit, and checks nothing that it skips.
class Members {
 public:
  explicit Members(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    open_ = skip('{');
  }

  struct Member {
    std::string_view name;   // as written, without its quotes
    std::string_view value;  // as written: a text without its quotes, a literal, or empty for a nested value
    bool is_text = false;
  };

  std::optional<Member> next() {
    if (!open_) return std::nullopt;
    Member member;
    const auto name = text();
    if (!name || !skip(':')) return std::nullopt;
    member.name = *name;
    skip_space();
    if (rest_.empty()) return std::nullopt;
    if (rest_.front() == '"') {
      const auto value = text();
      if (!value) return std::nullopt;
      member.value = *value;
      member.is_text = true;
    } else if (rest_.front() == '{' || rest_.front() == '[') {
      if (!skip_nested()) return std::nullopt;
    } else {
      const std::size_t end = rest_.find_first_of(",} \t\r\n");
      if (end == std::string_view::npos) return std::nullopt;  // cut: true may have been longer
      member.value = rest_.substr(0, end);
      rest_.remove_prefix(end);
    }
    open_ = skip(',');
    return member;
  }

 private:
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  bool skip(char wanted) {
    skip_space();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // The length of the text whose opening quote is at `at`, with both quotes; 0: it does not end.
  std::size_t length_of_text(std::size_t at) const {
    for (std::size_t i = at + 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') return i + 1 - at;
      if (rest_[i] == '\\') ++i;
    }
    return 0;
  }

  std::optional<std::string_view> text() {
    skip_space();
    if (rest_.empty() || rest_.front() != '"') return std::nullopt;
    const std::size_t length = length_of_text(0);
    if (length == 0) return std::nullopt;
    const std::string_view inner = rest_.substr(1, length - 2);
    rest_.remove_prefix(length);
    return inner;
  }

  bool skip_nested() {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '"') {
        const std::size_t length = length_of_text(i);
        if (length == 0) return false;
        i += length - 1;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  std::string_view rest_;
  bool open_ = false;  // another member may follow
};

}  // namespace

bool names_maintenance(std::string_view field) {
  const std::string name = lower(field);
  for (const std::string_view last : {"maintenance", "maintenance-mode"}) {
    if (!std::string_view(name).ends_with(last)) continue;
    if (name.size() == last.size() || name[name.size() - last.size() - 1] == '-') return true;
  }
  return false;
}

bool switches_on(std::string_view value) {
  constexpr std::array<std::string_view, 6> words{"1", "true", "on", "yes", "enabled", "active"};
  return one_of(lower(trim(value)), words);
}

bool says_maintenance(std::string_view body) {
  Members members(body);
  while (const auto member = members.next()) {
    const std::string name = plain_name(member->name);
    if (is_maintenance(name)) {
      const bool on =
          member->is_text ? switches_on(member->value) : member->value == "true" || member->value == "1";
      if (on) return true;
    } else if (says_state(name) && member->is_text && is_maintenance(plain_name(trim(member->value)))) {
      return true;
    }
  }
  return false;
}

}  // namespace healer
