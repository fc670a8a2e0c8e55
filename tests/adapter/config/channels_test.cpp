// Tests of the channels that variables and the file configure, and of the errors for wrong ones.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "adapter/config/samples.hpp"
#include "config/channel_settings.hpp"
#include "config/load.hpp"

namespace healer {
namespace {

const std::string routing_key = "0123456789abcdef0123456789ABCDEF";

ConfigText yaml(std::string text) {
  return ConfigText{"healer.yaml", std::move(text)};
}

Settings loaded(const Environment& environment, const std::optional<ConfigText>& file = {}) {
  auto settings = load_from(environment, file, {});
  if (!settings)
    for (const ConfigError& error : settings.error()) MESSAGE(describe(error));
  REQUIRE(settings);
  return std::move(*settings);
}

std::vector<std::string> refusals(const Environment& environment,
                                  const std::optional<ConfigText>& file = {}) {
  const auto settings = load_from(environment, file, {});
  std::vector<std::string> lines;
  if (!settings)
    for (const ConfigError& error : settings.error()) lines.push_back(describe(error));
  return lines;
}

std::string only(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) CAPTURE(line);
  REQUIRE(lines.size() == 1);
  return lines.front();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

const ChannelSettings& only_channel(const Settings& settings) {
  REQUIRE(settings.daemon.channels.size() == 1);
  return settings.daemon.channels.front();
}

template <class Target>
const Target& only_target(const Settings& settings) {
  const auto* target = std::get_if<Target>(&only_channel(settings).target);
  REQUIRE(target);
  return *target;
}

/// A file with this text, removed with the object.
class SecretFile {
 public:
  explicit SecretFile(const std::string& text)
      : path_((std::filesystem::temp_directory_path() /
               ("healer-channel-" + std::to_string(getpid()) + "-" + std::to_string(++made_)))
                  .string()) {
    std::ofstream(path_) << text;
  }
  ~SecretFile() { std::remove(path_.c_str()); }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  static inline int made_ = 0;
  std::string path_;
};

/// For each type of channel, the variables that it needs and no others.
const std::vector<std::pair<std::string, Environment>> least_variables = [] {
  std::vector<std::pair<std::string, Environment>> all;
  for (const ChannelType& type : channel_types()) {
    Environment required;
    for (const auto& setting : type.settings)
      if (setting.info.required) required[setting.info.env] = testing::sample(setting.info);
    all.emplace_back(type.name, std::move(required));
  }
  return all;
}();

TEST_CASE("variables make one channel of each type, under both forms of their names") {
  Environment all;
  for (const auto& least : least_variables) {
    const std::string& type = least.first;
    const Environment& variables = least.second;
    CAPTURE(type);
    Environment prefixed;
    for (const auto& [name, value] : variables) {
      prefixed["HEALER_" + name] = value;
      all[name] = value;
    }
    const Settings settings = loaded(variables);
    CHECK(type == type_name(only_channel(settings).target));
    CHECK(only_channel(settings).name == find_channel_type(type)->from_env);
    CHECK(only_channel(settings).timeout == 10s);
    CHECK(settings.warnings.empty());
    ChannelSettings same = only_channel(loaded(prefixed));
    for (const auto& each : variables) {
      const auto named =
          std::find_if(same.setting_names.begin(), same.setting_names.end(),
                       [&](const auto& name) { return name.second == "HEALER_" + each.first; });
      REQUIRE(named != same.setting_names.end());
      named->second = each.first;
    }
    CHECK(same == only_channel(settings));
  }
  const Settings settings = loaded(all);
  CHECK(settings.daemon.channels.size() == channel_types().size());
  std::set<std::string> names;
  for (const ChannelSettings& channel : settings.daemon.channels) names.insert(channel.name);
  CHECK(names.size() == channel_types().size());
  // Channels with these names come only from docker-autoheal's variables.
  CHECK_FALSE(names.contains("webhook"));
  CHECK_FALSE(names.contains("apprise"));
}

TEST_CASE("a missing required variable is refused by name") {
  for (const auto& [type, variables] : least_variables) {
    if (variables.size() < 2) continue;
    for (const auto& variable : variables) {
      const std::string& left_out = variable.first;
      Environment fewer = variables;
      fewer.erase(left_out);
      CAPTURE(left_out);
      for (const std::string& line : refusals(fewer)) {
        CHECK(line.starts_with("environment " + left_out + ": is not set, and the channel "));
        CHECK(contains(line, "; accepted: "));
      }
      CHECK(refusals(fewer).size() == 1);
    }
  }
}

TEST_CASE("the channels' targets have the values of the variables") {
  CHECK(only_target<SlackWebhookChannel>(loaded({{"SLACK_WEBHOOK_URL", "https://h/x"}})).url.reveal() ==
        "https://h/x");
  const auto email = only_target<EmailChannel>(loaded({{"SMTP_HOST", "mail"},
                                                       {"SMTP_PORT", "465"},
                                                       {"SMTP_SECURITY", "TLS"},
                                                       {"SMTP_USER", "me"},
                                                       {"SMTP_PASSWORD", " pass word "},
                                                       {"SMTP_FROM", "healer@x.example"},
                                                       {"SMTP_TO", "a@x.example, b@x.example"},
                                                       {"SMTP_TIMEOUT", "20"}}));
  CHECK(email == EmailChannel{"mail",
                              465,
                              EmailChannel::Security::Tls,
                              "me",
                              Secret(" pass word "),
                              "healer@x.example",
                              {"a@x.example", "b@x.example"}});
  const auto webhook =
      only_target<WebhookChannel>(loaded({{"NOTIFICATION_WEBHOOK_URL", "https://h/x"},
                                          {"NOTIFICATION_WEBHOOK_METHOD", "put"},
                                          {"NOTIFICATION_WEBHOOK_HEADERS", "Authorization: Bearer t\nX-A: b"},
                                          {"NOTIFICATION_WEBHOOK_BODY", R"({"a": "{{event}}"})"}}));
  CHECK(webhook.method == "PUT");
  CHECK(webhook.body == R"({"a": "{{event}}"})");
  REQUIRE(webhook.headers.size() == 2);
  CHECK(webhook.headers[0].first == "Authorization");
  CHECK(webhook.headers[0].second.reveal() == "Bearer t");
  const auto gotify =
      only_target<GotifyChannel>(loaded({{"GOTIFY_URL", "https://g.example/base/"}, {"GOTIFY_TOKEN", "t"}}));
  CHECK(gotify.url == "https://g.example/base");
}

TEST_CASE("each setting of a channel has the name under which the operator writes it") {
  const auto names = [](const Settings& settings) { return only_channel(settings).setting_names; };
  const SettingNames by_variable =
      names(loaded({{"TELEGRAM_BOT_TOKEN", "1:a"}, {"HEALER_TELEGRAM_CHAT_ID", "5"}}));
  CHECK(by_variable.at("token") == "TELEGRAM_BOT_TOKEN");
  CHECK(by_variable.at("chat_id") == "HEALER_TELEGRAM_CHAT_ID");
  CHECK(by_variable.at("api_url") == "TELEGRAM_API_URL");
  CHECK(by_variable.at("ca_file") == "TELEGRAM_CA_FILE");
  const SecretFile token("1:a");
  CHECK(names(loaded({{"TELEGRAM_BOT_TOKEN_FILE", token.path()}, {"TELEGRAM_CHAT_ID", "5"}})).at("token") ==
        "TELEGRAM_BOT_TOKEN_FILE");
  const SettingNames by_file =
      names(loaded({}, yaml("channels:\n  ops: {type: telegram, token: '1:a', chat_id: '5'}\n")));
  CHECK(by_file.at("chat_id") == "channels.ops.chat_id");
  CHECK(by_file.at("api_url") == "channels.ops.api_url");
  const SettingNames both = names(loaded({{"TELEGRAM_BOT_TOKEN", "1:a"}},
                                         yaml("channels:\n  telegram: {type: telegram, chat_id: '5'}\n")));
  CHECK(both.at("token") == "TELEGRAM_BOT_TOKEN");
  CHECK(both.at("chat_id") == "channels.telegram.chat_id");
  CHECK(names(loaded({{"NOTIFY_SLACK_WEBHOOK", "https://h.example/x"}})).at("webhook_url") ==
        "NOTIFY_SLACK_WEBHOOK");
  CHECK(names(loaded({}, yaml("slack_webhook_url: https://h.example/x\n"))).at("webhook_url") ==
        "slack_webhook_url");
}

TEST_CASE("a channel may have its own authorities, and mail its own name") {
  const Environment mail{{"SMTP_HOST", "mail"}, {"SMTP_FROM", "h@x.example"}, {"SMTP_TO", "a@x.example"}};
  CHECK(only_channel(loaded(mail)).ca_file.empty());
  CHECK(only_target<EmailChannel>(loaded(mail)).helo.empty());
  Environment more = mail;
  more["SMTP_CA_FILE"] = "/etc/ca.pem";
  more["SMTP_HELO"] = "nas.x.example";
  CHECK(only_channel(loaded(more)).ca_file == "/etc/ca.pem");
  CHECK(only_target<EmailChannel>(loaded(more)).helo == "nas.x.example");
  more["SMTP_HELO"] = "Auto";
  CHECK(only_target<EmailChannel>(loaded(more)).helo.empty());
  more["SMTP_HELO"] = "nas; x";
  CHECK(only(refusals(more)) ==
        "environment SMTP_HELO: 'nas; x' is not valid; accepted: auto, a full host name, or an address in "
        "brackets");
  CHECK(only_channel(
            loaded({}, yaml("channels:\n  a: {type: ntfy, url: 'https://n.example/t', ca_file: /x.pem}\n")))
            .ca_file == "/x.pem");
}

TEST_CASE("the file makes any number of channels, each with its name") {
  const Settings settings = loaded({}, yaml(R"(
channels:
  oncall:
    type: pagerduty
    routing_key: )" + routing_key + R"(
    timeout: 5s
  team-a:
    type: slack
    webhook_url: https://hooks.example/a
    gap: 2s
  team-b:
    type: slack
    webhook_url: https://hooks.example/b
  mail:
    type: email
    host: mail.example
    from: h@x.example
    to: [a@x.example, b@x.example]
)"));
  REQUIRE(settings.daemon.channels.size() == 4);
  const auto& channels = settings.daemon.channels;
  CHECK(channels[0].name == "oncall");
  CHECK(channels[0].timeout == 5s);
  CHECK_FALSE(channels[0].gap);
  CHECK(channels[1].name == "team-a");
  CHECK(channels[1].gap == 2s);
  CHECK(std::get<SlackWebhookChannel>(channels[2].target).url.reveal() == "https://hooks.example/b");
  CHECK(std::get<EmailChannel>(channels[3].target).to ==
        std::vector<std::string>{"a@x.example", "b@x.example"});
  const auto row =
      std::find_if(settings.effective.begin(), settings.effective.end(), [](const EffectiveSetting& setting) {
        return setting.channel == "team-a" && setting.info->key == "gap";
      });
  REQUIRE(row != settings.effective.end());
  CHECK(row->value == "2s");
  CHECK(to_string(row->origin) == "healer.yaml:10");
}

TEST_CASE("a channel of the file overrides the environment's channel of the same name") {
  const Environment environment{{"SLACK_BOT_TOKEN", "xoxb-1"}, {"SLACK_BOT_TIMEOUT", "3"}};
  const Settings settings =
      loaded(environment, yaml("channels:\n  slack_bot:\n    type: slack_bot\n    channel: C0123\n"));
  const auto& bot = only_target<SlackBotChannel>(settings);
  CHECK(bot.token.reveal() == "xoxb-1");
  CHECK(bot.channel == "C0123");
  CHECK(only_channel(settings).timeout == 3s);
  CHECK(contains(only(refusals({{"DISCORD_WEBHOOK_URL", "https://d.example/x"}},
                               yaml("channels:\n  discord: {type: ntfy, url: https://n.example/t}\n"))),
                 "healer.yaml:2: channels.discord: the name is that of the discord channel made by "
                 "environment DISCORD_WEBHOOK_URL"));
}

TEST_CASE("the Slack webhook is the channel slack, whichever source sets it") {
  for (const auto& [environment, file] : std::vector<std::pair<Environment, std::string>>{
           {{{"SLACK_WEBHOOK_URL", "https://h.example/x"}}, ""},
           {{}, "slack_webhook_url: https://h.example/x\n"},
           {{{"NOTIFY_SLACK_WEBHOOK", "https://h.example/x"}}, ""}}) {
    const Settings settings = loaded(environment, yaml(file));
    CHECK(only_channel(settings).name == "slack");
    CHECK(only_target<SlackWebhookChannel>(settings).url.reveal() == "https://h.example/x");
  }
  CHECK(only(refusals({{"SLACK_WEBHOOK_URL", "nonsense"}})) ==
        "environment SLACK_WEBHOOK_URL: '<redacted>' is not valid; accepted: an http:// or https:// URL with "
        "a host");
}

TEST_CASE("a wrong channel is refused with its place and the accepted values") {
  struct Row {
    std::string text;
    std::string wanted;
  };
  const std::string key = "routing_key: " + routing_key;
  const std::vector<Row> rows{
      {"  a: {" + key + "}\n", "healer.yaml:2: channels.a.type: is missing; accepted: slack, slack_bot"},
      {"  a: {type: pagerdutty, " + key + "}\n",
       "healer.yaml:2: channels.a.type: 'pagerdutty' is no type of channel; accepted: slack"},
      {"  a: {type: pagerdutty, " + key + "}\n", "did you mean 'pagerduty'?"},
      {"  a: {type: [slack], " + key + "}\n", "channels.a.type: is no type of channel"},
      {"  a:\n    type: pagerduty\n    routing-key: x\n",
       "healer.yaml:4: channels.a.routing-key: no such setting of a channel of type pagerduty; did you mean "
       "'routing_key'?"},
      {"  a:\n    type: pagerduty\n    routing_key_fil: x\n", "did you mean 'routing_key_file'?"},
      {"  a:\n    type: pagerduty\n",
       "healer.yaml:2: channels.a.routing_key: is missing, and a channel of type pagerduty needs it; "
       "accepted: "
       "32 letters and digits"},
      {"  a:\n    type: pagerduty\n    routing_key: tooShort\n",
       "healer.yaml:4: channels.a.routing_key: '<redacted>' is not valid; accepted: 32 letters and digits"},
      {"  a: {type: pagerduty, " + key + ", timeout: soon}\n",
       "channels.a.timeout: 'soon' is not valid; accepted: a duration from 100ms to 5m"},
      {"  a: {type: pagerduty, " + key + ", timeout: [5s]}\n",
       "channels.a.timeout: a list; a single value is expected"},
      {"  a: {type: pagerduty, " + key + ", timeout: {s: 5}}\n",
       "timeout: a map; a single value is expected"},
      {"  a: {type: pagerduty, " + key + "}\n  a: {type: pagerduty, " + key + "}\n",
       "healer.yaml:3: a: written twice; first in line 2"},
      {"  Team A: {type: pagerduty, " + key + "}\n",
       "healer.yaml:2: channels.Team A: is no name of a channel; accepted: a name of 1 to 32"},
      {"  none: {type: pagerduty, " + key + "}\n", "channels.none: is no name of a channel"},
      {"  a: pagerduty\n", "healer.yaml:2: channels.a: a single value; a map of settings is expected"},
      {"  a:\n", "channels.a.type: is missing"},
      {"  - a\n", "channels: a list; a map of names is expected"},
      {"  a: {type: webhook, url: 'http://h/', body: '{\"a\": \"{{worklod}}\"}'}\n",
       "the field \"worklod\" in line 1 does not exist; fields: kind, "},
      {"  a: {type: webhook, url: 'http://h/', body: '{\"a\": \"{{worklod}}\"}'}\n",
       "did you mean 'workload'?"},
      {"  a: {type: email, host: m, from: a@b, to: 'a@b, nobody'}\n",
       "channels.a.to: 'a@b, nobody' is not valid: 'nobody' is no address"},
      {"  a: {type: email, host: m, from: a@b, to: a@b, security: ssl}\n",
       "channels.a.security: 'ssl' is not valid; accepted: starttls, tls or none; did you mean 'tls'?"},
      {"  a: {type: email, host: m, from: a@b, to: a@b, user: u}\n",
       "healer.yaml:2: channels.a: a user is given, but no password"},
      {"  a: {type: gotify, url: 'https://u:p@g.example', token: t}\n",
       "channels.a.url: '<redacted>' is not valid; accepted: an http:// or https:// URL with a host, "
       "without"},
      {"  a: {type: telegram, token: '1:a', chat_id: general}\n",
       "channels.a.chat_id: 'general' is not valid"},
      {"  a: {type: telegram, token: '1:a/../x', chat_id: '5'}\n",
       "channels.a.token: '<redacted>' is not valid"},
      {"  a: {type: webhook, url: 'https://x', headers: [Host: x]}\n",
       "channels.a.headers: a map in a list; single values are expected"},
      {"  a: {type: webhook, url: 'https://x', headers: ['Host: x']}\n", "Host is set by healer itself"},
      {"  a: {type: webhook, url: 'https://x', method: GET}\n",
       "channels.a.method: 'GET' is not valid; accepted: POST or PUT"},
      {"  a: {type: pagerduty, " + key + ", routing_key_file: /x}\n",
       "channels.a.routing_key_file: routing_key and routing_key_file are both given"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto lines = refusals({}, yaml("channels:\n" + row.text));
    REQUIRE_FALSE(lines.empty());
    const auto found = std::find_if(lines.begin(), lines.end(),
                                    [&](const std::string& line) { return contains(line, row.wanted); });
    CAPTURE(lines.front());
    CHECK_MESSAGE(found != lines.end(), row.wanted);
  }
  CHECK(contains(only(refusals({{"HEALER_PAGERDUTY_ROUTNG_KEY", routing_key}})),
                 "did you mean 'HEALER_PAGERDUTY_ROUTING_KEY'?"));
  CHECK(contains(only(refusals({}, yaml("chanels: x\n"))), "did you mean 'channels'?"));
}

TEST_CASE("docker-autoheal's two channels keep their names") {
  const auto file = yaml("channels:\n  webhook: {type: webhook, url: https://own.example/x}\n");
  CHECK(loaded({}, file).daemon.channels.size() == 1);
  CHECK(contains(only(refusals({{"WEBHOOK_URL", "https://theirs.example/x"}}, file)),
                 "channels.webhook: the name is that of docker-autoheal's channel"));
}

TEST_CASE("a variable without a channel gives a warning, not an error") {
  const Settings settings = loaded({{"SMTP_PORT", "587"}, {"SMTP_HOST", ""}});
  CHECK(settings.daemon.channels.empty());
  CHECK(only(settings.warnings) == "SMTP_PORT has no effect: no variable makes the channel email");
}

TEST_CASE("a doubtful combination of settings gives a warning") {
  const auto warned = [](const Environment& more) {
    Environment variables{{"SMTP_HOST", "m"}, {"SMTP_FROM", "a@b"}, {"SMTP_TO", "a@b"}};
    variables.insert(more.begin(), more.end());
    return only(loaded(variables).warnings);
  };
  CHECK(warned({{"SMTP_SECURITY", "none"}, {"SMTP_USER", "u"}, {"SMTP_PASSWORD", "p"}}) ==
        "channel email: with security none, the password is sent in the clear");
  CHECK(warned({{"SMTP_PORT", "465"}}) == "channel email: port 465 usually needs security tls");
  CHECK(warned({{"SMTP_SECURITY", "tls"}}) ==
        "channel email: port 587 usually needs security starttls; that of tls is 465");
}

TEST_CASE("every secret can be read from a file, by variable and by key") {
  for (const auto& [type_of, variables] : least_variables) {
    const ChannelType& type = *find_channel_type(type_of);
    for (const auto& setting : type.settings) {
      if (!setting.info.secret || !setting.info.required) continue;
      const std::string variable(setting.info.env);
      CAPTURE(variable);
      const SecretFile file(variables.at(variable) + "\n");
      Environment by_file = variables;
      by_file.erase(variable);
      by_file[variable + "_FILE"] = file.path();
      CHECK(only_channel(loaded(by_file)).target == only_channel(loaded(variables)).target);

      Environment missing = variables;
      missing.erase(variable);
      missing[variable + "_FILE"] = "/nowhere/of/" + variable;
      const std::string line = only(refusals(missing));
      CHECK(contains(line, "environment " + variable + "_FILE: '/nowhere/of/" + variable +
                               "' cannot be read: No such file or directory"));

      std::string text = "channels:\n  a:\n    type: " + type_of + "\n";
      for (const auto& each : type.settings) {
        if (&each == &setting)
          text += "    " + std::string(each.info.key) + "_file: " + file.path() + "\n";
        else if (each.info.required)
          text +=
              "    " + std::string(each.info.key) + ": '" + variables.at(std::string(each.info.env)) + "'\n";
      }
      CHECK(only_channel(loaded({}, yaml(text))).target == loaded(variables).daemon.channels.front().target);
    }
  }
}

TEST_CASE("no secret of a channel is in an error, a warning or the effective settings") {
  const std::string planted = "PlantedSecretValue";
  for (const ChannelType& type : channel_types()) {
    for (const auto& setting : type.settings) {
      const SettingInfo& info = setting.info;
      if (!info.secret) continue;
      const std::string variable(info.env);
      const std::string key(info.key);
      // As text, as a URL, as a token: accepted or not, the value is never shown.
      for (const std::string& value : {planted, "https://h.example/" + planted, "1:" + planted,
                                       "X-Token: " + planted, planted + "\n\x01"}) {
        const SecretFile file(value);
        const std::string head = "channels:\n  a:\n    type: " + std::string(type.name) + "\n    ";
        const std::vector<std::pair<Environment, std::string>> resolutions{
            {{{variable, value}}, ""},
            {{{variable + "_FILE", file.path()}}, ""},
            {{{variable, value + "\x7f"}}, ""},
            {{}, head + key + ": '" + value.substr(0, value.find('\n')) + "'\n"},
            {{}, head + key + ": ['" + value.substr(0, value.find('\n')) + "']\n"},
            {{}, head + key + "_file: " + file.path() + "\n"},
            {{}, head + key + "x: '" + value.substr(0, value.find('\n')) + "'\n"}};
        for (const auto& [environment, text] : resolutions) {
          const auto settings = load_from(environment, yaml(text), {});
          if (!settings)
            for (const ConfigError& error : settings.error()) CHECK_FALSE(contains(describe(error), planted));
          if (!settings) continue;
          for (const EffectiveSetting& effective : settings->effective)
            CHECK_FALSE(contains(effective.value, planted));
          for (const std::string& warning : settings->warnings) CHECK_FALSE(contains(warning, planted));
          for (const std::string& note : settings->notes) CHECK_FALSE(contains(note, planted));
        }
      }
    }
  }
}

TEST_CASE("every row of the channel tables is complete and its default is accepted") {
  std::set<std::string_view> variables;
  for (const SettingInfo* info : all_channel_settings()) {
    CAPTURE(std::string(info->key));
    CHECK(variables.insert(info->env).second);
    CHECK_FALSE(info->accepted.empty());
    CHECK_FALSE(info->description.empty());
    CHECK(info->scope == Scope::Channel);
    // A setting with a default is not required.
    CHECK((info->default_text.empty() || !info->required));
  }
  for (const ChannelType& type : channel_types()) {
    CHECK(type.name == type_name(type.blank.target));
    CHECK(is_channel_name(type.from_env));
    for (const auto& setting : type.settings) {
      if (setting.info.default_text.empty()) continue;
      ChannelSettings again = type.blank;
      CHECK(setting.apply(again, setting.info.default_text));
      CHECK(again == type.blank);
    }
  }
}

}  // namespace
}  // namespace healer
