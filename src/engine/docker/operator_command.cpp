#include "engine/docker/operator_command.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"

namespace healer::docker {
namespace {

constexpr std::size_t longest_word = 40;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

bool is_health_check(const std::vector<std::string>& command, const std::vector<std::string>& health_test) {
  if (health_test.empty() || command.empty()) return false;
  const std::string& form = health_test.front();
  const std::vector<std::string> rest(health_test.begin() + 1, health_test.end());
  if (form == "CMD") return command == rest;
  if (form != "CMD-SHELL") return command == health_test;  // Podman runs other forms as they are
  // Docker passes the texts as separate arguments, Podman as one.
  const bool ends_with_texts =
      command.size() > rest.size() && !rest.empty() &&
      std::equal(rest.begin(), rest.end(), command.end() - static_cast<std::ptrdiff_t>(rest.size()));
  return ends_with_texts || (command.size() > 1 && command.back() == joined(rest));
}

std::string first_word(const std::vector<std::string>& command) {
  if (command.empty()) return {};
  const std::string_view program = command.front();
  const auto slash = program.find_last_of('/');
  const std::string word = printable(slash == program.npos ? program : program.substr(slash + 1));
  return clip(trim(word), longest_word);
}

}  // namespace healer::docker
