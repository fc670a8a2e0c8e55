#include "config/load_channels.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/channel_settings.hpp"
#include "config/setting_reader.hpp"

namespace healer {
namespace {

/// A channel while it is being read.
struct Draft {
  const ChannelType* type = nullptr;
  ChannelSettings settings;
  Origin origin;                    ///< the variable or the line that makes the channel
  std::set<std::string_view> seen;  ///< keys that were given, accepted or not
  std::vector<EffectiveSetting> effective;
  SettingNames names = {};  ///< of settings that are written under another name than the channel's
};

class ChannelLoader {
 public:
  ChannelLoader(const Environment& environment, Settings& settings, ConfigErrors& errors)
      : environment_(environment), settings_(settings), errors_(errors) {}

  void read_environment() {
    for (const ChannelType& type : channel_types()) read_variables(type);
  }

  void read_file(const FileChannels& file) {
    const YamlNode& map = file.value;
    if (map.kind == YamlNode::Kind::Null) return;  // a key whose lines are all commented out
    if (map.kind != YamlNode::Kind::Map) {
      errors_.push_back(ConfigError{"channels", "", Origin{Origin::Kind::File, file.file, map.line},
                                    fmt::format("{}; a map of names is expected", to_string(map.kind)), "",
                                    ""});
      return;
    }
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2)
      read_channel(file.file, map.children[i], map.children[i + 1]);
  }

  void finish() {
    for (Draft& draft : drafts_) {
      if (!is_complete(draft)) continue;
      const std::string subject = "channel " + draft.settings.name;
      if (draft.type->doubt)
        if (const std::string doubt = draft.type->doubt(draft.settings); !doubt.empty())
          settings_.warnings.push_back(subject + ": " + doubt);
      for (EffectiveSetting& effective : draft.effective) {
        effective.channel = draft.settings.name;
        draft.settings.setting_names.emplace(effective.info->key, name_of(draft, effective));
        settings_.effective.push_back(std::move(effective));
      }
      settings_.daemon.channels.push_back(std::move(draft.settings));
    }
  }

 private:
  static Draft draft_of(const ChannelType& type) {
    Draft draft{&type, type.blank, {}, {}, {}};
    for (const auto& setting : type.settings)
      draft.effective.push_back(EffectiveSetting{&setting.info, setting.info.default_text, Origin{}, {}, {}});
    return draft;
  }

  /// How an operator writes this setting of the channel.
  static std::string name_of(const Draft& draft, const EffectiveSetting& effective) {
    const SettingInfo& info = *effective.info;
    const auto other = draft.names.find(info.key);
    if (other != draft.names.end()) return other->second;
    if (effective.origin.kind == Origin::Kind::Environment) return effective.origin.name;
    const bool in_file =
        effective.origin.kind == Origin::Kind::File || draft.origin.kind == Origin::Kind::File;
    return in_file ? fmt::format("channels.{}.{}", draft.settings.name, info.key) : info.env;
  }

  SettingReader reader_of(Draft& draft) { return {errors_, settings_.warnings, draft.effective}; }

  // --- environment ----------------------------------------------------------------------------------------

  void read_variables(const ChannelType& type) {
    Draft draft = draft_of(type);
    std::string required_by;  // the first variable that makes the channel
    std::string other;        // the first variable that cannot make the channel alone
    for (const auto& setting : type.settings) {
      std::string name = is_of_the_daemon(setting.info)
                             ? read_daemon_setting(setting, draft)
                             : reader_of(draft).read_variables(environment_, setting, draft.settings);
      if (name.empty()) continue;
      draft.seen.insert(setting.info.key);
      std::string& first = setting.info.required ? required_by : other;
      if (first.empty()) first = std::move(name);
    }
    if (!required_by.empty()) {
      draft.origin = Origin{Origin::Kind::Environment, required_by};
      drafts_.push_back(std::move(draft));
    } else if (!other.empty()) {
      // No error: a compose file may give the port a default and leave the host empty.
      settings_.warnings.push_back(
          fmt::format("{} has no effect: no variable makes the channel {}", other, type.from_env));
    }
  }

  /// Whether the variable is also a daemon setting's, and was read with the daemon's settings:
  /// SLACK_WEBHOOK_URL.
  static bool is_of_the_daemon(const SettingInfo& info) {
    return std::any_of(daemon_settings().begin(), daemon_settings().end(),
                       [&](const auto& setting) { return setting.info.env == info.env; });
  }

  /// The name of the value's origin; empty when there is no value.
  std::string read_daemon_setting(const Setting<ChannelSettings>& setting, Draft& draft) {
    if (settings_.daemon.slack_webhook.empty()) return {};
    const auto twin = std::find_if(
        settings_.effective.begin(), settings_.effective.end(), [&](const EffectiveSetting& effective) {
          return effective.info->scope == Scope::Daemon && effective.info->env == setting.info.env;
        });
    setting.apply(draft.settings, settings_.daemon.slack_webhook.reveal());
    note_effective(draft.effective, setting.info, twin->value, twin->origin);
    if (twin->origin.kind == Origin::Kind::File)
      draft.names.emplace(setting.info.key, std::string(twin->info->key));
    return twin->origin.name;
  }

  // --- file -----------------------------------------------------------------------------------------------

  void read_channel(const std::string& file, const YamlNode& key, const YamlNode& value) {
    const std::string& name = key.text;
    const Origin origin{Origin::Kind::File, file, key.line};
    const std::string subject = "channels." + shown_value(name);
    const auto refuse = [&](std::string problem, std::string accepted, int line = 0) {
      Origin at = origin;
      if (line > 0) at.line = line;
      errors_.push_back(ConfigError{subject, "", std::move(at), std::move(problem), std::move(accepted), ""});
    };
    if (!is_channel_name(name)) return refuse("is no name of a channel", std::string(channel_name_accepted));
    if (value.kind != YamlNode::Kind::Map && value.kind != YamlNode::Kind::Null)
      return refuse(fmt::format("{}; a map of settings is expected", to_string(value.kind)), "", value.line);
    const ChannelType* type = type_of(value, origin, subject);
    if (!type) return;
    const CompatSettings& compat = settings_.daemon.compat;
    if ((name == "webhook" && !compat.webhook.empty()) || (name == "apprise" && !compat.apprise.empty()))
      return refuse("the name is that of docker-autoheal's channel, which a variable makes", "another name");
    Draft* draft = find(name);
    if (draft && draft->type != type)
      return refuse(fmt::format("the name is that of the {} channel made by {}", draft->type->name,
                                to_string(draft->origin)),
                    "another name, or the same type");
    if (!draft) {
      drafts_.push_back(draft_of(*type));
      draft = &drafts_.back();
      draft->settings.name = name;
    }
    draft->origin = origin;
    SettingReader reader = reader_of(*draft);
    const ObjectPlace place{
        file, value, key.line, subject, fmt::format("of a channel of type {}", type->name), "type"};
    std::set<std::string_view> given = reader.read_object(place, type->settings, draft->settings);
    for (const std::string_view each : given) draft->names.erase(std::string(each));
    draft->seen.merge(std::move(given));
  }

  const ChannelType* type_of(const YamlNode& map, const Origin& origin, const std::string& subject) {
    const YamlNode* key = find_key(map, "type");
    if (!key) {
      errors_.push_back(ConfigError{subject + ".type", "", origin, "is missing", channel_type_names(), ""});
      return nullptr;
    }
    const YamlNode& value = *(key + 1);
    const std::string wanted = lower(trim(value.text));
    if (const ChannelType* type = find_channel_type(wanted)) return type;
    std::vector<std::string_view> names;
    for (const ChannelType& type : channel_types()) names.push_back(type.name);
    errors_.push_back(ConfigError{subject + ".type", shown_value(value.text),
                                  Origin{Origin::Kind::File, origin.name, key->line}, "is no type of channel",
                                  channel_type_names(), nearest_name(wanted, names).value_or("")});
    return nullptr;
  }

  Draft* find(std::string_view name) {
    const auto found = std::find_if(drafts_.begin(), drafts_.end(),
                                    [&](const Draft& draft) { return draft.settings.name == name; });
    return found == drafts_.end() ? nullptr : &*found;
  }

  // --- completion -----------------------------------------------------------------------------------------

  bool is_complete(const Draft& draft) {
    const std::size_t errors = errors_.size();
    for (const auto& setting : draft.type->settings) {
      const SettingInfo& info = setting.info;
      if (!info.required || draft.seen.contains(info.key)) continue;
      const bool in_file = draft.origin.kind == Origin::Kind::File;
      errors_.push_back(ConfigError{
          in_file ? fmt::format("channels.{}.{}", draft.settings.name, info.key) : std::string(info.env), "",
          in_file ? draft.origin : Origin{Origin::Kind::Environment, std::string(info.env)},
          in_file ? fmt::format("is missing, and a channel of type {} needs it", draft.type->name)
                  : fmt::format("is not set, and the channel {} needs it ({} is set)", draft.settings.name,
                                draft.origin.name),
          info.accepted, ""});
    }
    if (errors_.size() != errors || !draft.type->mismatch) return errors_.size() == errors;
    if (std::string problem = draft.type->mismatch(draft.settings); !problem.empty())
      errors_.push_back(
          ConfigError{"channels." + draft.settings.name, "", draft.origin, std::move(problem), "", ""});
    return errors_.size() == errors;
  }

  const Environment& environment_;
  Settings& settings_;
  ConfigErrors& errors_;
  std::vector<Draft> drafts_;
};

}  // namespace

void load_channels(const Environment& environment, const FileChannels& file, Settings& settings,
                   ConfigErrors& errors) {
  ChannelLoader loader(environment, settings, errors);
  loader.read_environment();
  loader.read_file(file);
  loader.finish();
}

}  // namespace healer
