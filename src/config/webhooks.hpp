#pragma once

#include <string>
#include <vector>

#include "config/daemon_settings.hpp"
#include "config/setting_reader.hpp"

namespace healer {

inline constexpr std::size_t most_webhooks = 100;

/// Reads the file's `webhooks:`, a map of names to maps with a `url` (or `url_file`).
std::vector<NamedWebhook> read_webhooks(const ObjectPlace& at, SettingReader& reader);

/// The keys of one webhook, for the reference.
Table<NamedWebhook> webhook_settings();

}  // namespace healer
