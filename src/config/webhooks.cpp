#include "config/webhooks.hpp"

#include <utility>

#include <fmt/format.h>

#include "config/characters.hpp"
#include "config/setting_kinds.hpp"

namespace healer {

Table<NamedWebhook> webhook_settings() {
  using namespace kinds;  // NOLINT: the table below is these names
  return {{"url",
           {},
           &NamedWebhook::url,
           secret_url(),
           "Where `webhook:NAME` posts to. A secret.",
           Traits{.required = true}}};
}

std::vector<NamedWebhook> read_webhooks(const ObjectPlace& at, SettingReader& reader) {
  std::vector<NamedWebhook> webhooks;
  if (at.value.kind == YamlNode::Kind::Null) return webhooks;
  if (at.value.kind != YamlNode::Kind::Map) {
    reader.refuse(at, "", fmt::format("{}; a map of names is expected", to_string(at.value.kind)));
    return webhooks;
  }
  for (std::size_t i = 0; i + 1 < at.value.children.size(); i += 2) {
    const YamlNode& key = at.value.children[i];
    const ObjectPlace place{at.file, at.value.children[i + 1], key.line,
                            at.name + "." + shown_value(key.text)};
    if (!is_short_name(key.text)) {
      reader.refuse(place, "", "is no name of a webhook", "1 to 32 of a-z, 0-9, _ and -");
      continue;
    }
    NamedWebhook webhook;
    webhook.name = key.text;
    reader.read_object(place, webhook_settings(), webhook);
    webhooks.push_back(std::move(webhook));
  }
  if (webhooks.size() > most_webhooks)
    reader.refuse(at, "", fmt::format("{} webhooks; at most {}", webhooks.size(), most_webhooks));
  return webhooks;
}

}  // namespace healer
