#include "notify/setting_advice.hpp"

namespace healer {

std::string setting_advice(const SettingNames& names, const SettingKeys& keys) {
  std::string text;
  for (const std::string_view key : keys)
    if (const auto known = names.find(key); known != names.end())
      text += (text.empty() ? "; change " : " or ") + known->second;
  return text;
}

BlamedSettings blames(std::string_view address, std::string_view credential) {
  return [=](int status, const std::string&) -> SettingKeys {
    if (credential.empty()) return {address};
    if (status == 401 || status == 403) return {credential};
    if (status == 404 || status == 405 || status == 410 || status < 400) return {address};
    return {address, credential};
  };
}

}  // namespace healer
