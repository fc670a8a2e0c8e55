#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/known_values.hpp"
#include "base/secret_names.hpp"
#include "base/secret_text.hpp"

namespace healer {

/// Finds the parts of one text that are secret by their name, their place or their form. Each rule reads the
/// text once and looks a bounded number of characters to each side, so the time is linear.
class SecretFinder {
 public:
  explicit SecretFinder(std::string_view text);

  std::vector<TextRange> ranges() &&;

 private:
  // secret_finder.cpp and secret_fields.cpp: values by the name before them.
  void find_assignments();
  void find_escaped();
  void find_options();
  void find_elements();
  void find_pairs();

  // secret_phrases.cpp: values by the words before them.
  void find_phrases();
  void find_schemes();
  void find_commands();
  void find_logins();

  // secret_forms.cpp: values by their form.
  void find_urls();
  void find_dsns();
  void find_webhooks();
  void find_tokens();
  void find_hashes();
  void find_private_keys();
  void find_jwk_numbers();

  /// An assignment: `name` before the separator, its value from `after` on.
  struct Assignment {
    std::string_view name;
    std::size_t begin = 0;  ///< of the name
    std::size_t after = 0;  ///< after the separator
    bool assigned = false;  ///< "=", or a quoted name: no sentence
    bool quoted = false;
    bool in_query = false;
  };
  void judge(const Assignment& assignment, std::size_t& next);
  void judge_value(const Assignment& assignment, Suspicion suspicion, std::size_t& next);
  void judge_pair(const Assignment& assignment);
  bool judge_next_line(const Assignment& assignment, Suspicion suspicion, std::size_t start,
                       std::size_t& next);
  void hide_block(std::size_t name, std::size_t start, std::size_t& next);
  void hide_list(std::size_t start, std::size_t& next);
  void hide_group(std::size_t start, Suspicion suspicion, std::size_t& next);
  void hide_authorization(TextRange value, std::size_t& next);
  void hide_password_words(std::size_t start, std::size_t& next);

  void hide(std::size_t begin, std::size_t end);
  void hide(TextRange range) { hide(range.begin, range.end); }
  std::string_view part(TextRange range) const { return text_.substr(range.begin, range.end - range.begin); }
  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  /// suspicion_of() with a memory: in a log the same few names come again and again.
  Suspicion suspicion(std::string_view name);
  Assignment assignment_at(std::size_t separator, std::size_t length) const;
  bool key_of_something(std::size_t begin) const;

  std::string_view text_;
  std::string small_;  ///< the text in lower case
  std::vector<TextRange> found_;
  /// The last "value" field and the last field that names a secret, for {"name": "PASSWORD", "value": "x"}.
  std::optional<TextRange> last_value_;
  std::optional<std::size_t> last_secret_name_;
  struct Known {
    std::string_view name;
    Suspicion suspicion = Suspicion::None;
  };
  std::array<Known, 256> known_names_{};
};

}  // namespace healer
