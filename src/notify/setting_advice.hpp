#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/channel.hpp"

namespace healer {

/// Keys of a channel's settings: "webhook_url".
using SettingKeys = std::vector<std::string_view>;

/// "; change TELEGRAM_CHAT_ID": for the end of a refusal's text, with the names as the operator wrote them.
/// Empty without keys, or when no name of theirs is known.
std::string setting_advice(const SettingNames& names, const SettingKeys& keys);

/// The settings that a refusal with this HTTP status and body is about.
using BlamedSettings = std::function<SettingKeys(int status, const std::string& body)>;

/// The usual ones: 401 and 403 are about the credential, 404, 405, 410 and a redirect about the address,
/// every other refusal may be about both. Without a credential the address is one.
BlamedSettings blames(std::string_view address, std::string_view credential = {});

}  // namespace healer
