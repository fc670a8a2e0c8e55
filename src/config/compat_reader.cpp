#include "config/compat_reader.hpp"

#include "config/service_links.hpp"

namespace healer {

const std::string* CompatReader::find(std::string_view name) const {
  const auto found = environment_.find(std::string(name));
  const bool unset = found == environment_.end() || found->second.empty();
  return unset || is_service_link(name, found->second) ? nullptr : &found->second;
}

void CompatReader::note(std::string_view name, std::string_view value, std::string_view does) {
  known_.emplace(name);
  settings_.notes.push_back(fmt::format("{}={}: {}", name, shown_value(value), does));
}

void CompatReader::refuse(std::string_view name, std::string_view shown, std::string_view accepted) {
  known_.emplace(name);
  errors_.push_back(ConfigError{std::string(name), shown == "<redacted>" ? "<redacted>" : shown_value(shown),
                                Origin{Origin::Kind::Environment, std::string(name)}, "is not valid",
                                std::string(accepted), ""});
}

std::optional<Duration> CompatReader::seconds(std::string_view name, unsigned low, unsigned high) {
  const std::string* text = find(name);
  if (!text) return std::nullopt;
  const auto value = kinds::read_whole(trim(*text), low, high);
  if (value) return std::chrono::seconds(*value);
  refuse(name, *text, fmt::format("a whole number of seconds from {} to {}", low, high));
  return std::nullopt;
}

void CompatReader::url(std::string_view name, Secret& into, std::string& variable, std::string_view does) {
  const std::string* text = find(name);
  if (!text) return;
  if (!is_http_url(*text)) return refuse(name, "<redacted>", "an http:// or https:// URL with a host");
  into = Secret(*text);
  variable = name;
  note(name, "<redacted>", does);
}

}  // namespace healer
