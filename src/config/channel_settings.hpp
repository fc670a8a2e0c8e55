#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/setting.hpp"
#include "model/channel.hpp"

namespace healer {

/// A type of service that notifications can go to: its names and its settings. Parsing, suggestions,
/// `check-config` and docs/configuration.md are made from one table of these.
struct ChannelType {
  std::string_view name = {};      ///< `type:` in the file, type_name() of its target
  std::string_view title = {};     ///< for operators: "PagerDuty"
  std::string_view from_env = {};  ///< name of the channel that the variables make
  std::string description = {};    ///< one or two sentences for the reference
  ChannelSettings blank = {};      ///< with every default; its target is of this type
  Table<ChannelSettings> settings = {};
  /// Why valid settings do not fit together; empty when they do. Never holds a secret.
  std::function<std::string(const ChannelSettings&)> mismatch = {};
  /// A warning about settings that the operator may not mean; empty: none.
  std::function<std::string(const ChannelSettings&)> doubt = {};
};

/// In the order of ChannelTarget.
std::span<const ChannelType> channel_types();

/// Null when there is no such type.
const ChannelType* find_channel_type(std::string_view name);

/// "slack, slack_bot, pagerduty ...".
std::string channel_type_names();

/// The entries of every type's table.
std::vector<const SettingInfo*> all_channel_settings();

inline constexpr std::string_view channel_name_accepted =
    "a name of 1 to 32 of a-z, 0-9, '_' and '-' that is not all or none";

bool is_channel_name(std::string_view text);

}  // namespace healer
