#include <algorithm>
#include <array>
#include <cctype>

#include "base/secret_finder.hpp"
#include "base/text.hpp"

// Values by their form: URLs, tokens of well-known services, hashes of passwords, keys.
namespace healer {
namespace {

using namespace redaction;

constexpr std::size_t npos = std::string_view::npos;

constexpr std::size_t shortest_token = 13;

struct Form {
  std::string_view prefix;
  std::size_t least;  ///< characters after the prefix
  bool capitals = false;
};

/// The prefix of an AWS-like key id is followed by capitals and digits alone.
constexpr std::array<Form, 118> forms{{
    {"AKIA", 16, true}, {"ASIA", 16, true}, {"ABIA", 16, true}, {"ACCA", 16, true}, {"ghp_", 16},
    {"gho_", 16},       {"ghu_", 16},       {"ghs_", 16},       {"ghr_", 16},       {"github_pat_", 16},
    {"glpat-", 12},     {"gldt-", 12},      {"glrt-", 12},      {"glptt-", 12},     {"gloas-", 12},
    {"glcbt-", 12},     {"glimt-", 12},     {"glft-", 12},      {"glagent-", 12},   {"glsoat-", 12},
    {"GR1348941", 16},  {"xoxb-", 8},       {"xoxp-", 8},       {"xoxa-", 8},       {"xoxr-", 8},
    {"xoxs-", 8},       {"xoxc-", 8},       {"xoxd-", 8},       {"xoxe-", 8},       {"xoxe.", 8},
    {"xapp-", 8},       {"sk_live_", 8},    {"rk_live_", 8},    {"sk_test_", 8},    {"rk_test_", 8},
    {"whsec_", 16},     {"sk-", 20},        {"AIza", 30},       {"npm_", 20},       {"hvs.", 20},
    {"hvb.", 20},       {"hvr.", 20},       {"dop_v1_", 20},    {"doo_v1_", 20},    {"dor_v1_", 20},
    {"SG.", 30},        {"hf_", 30},        {"api_org_", 30},   {"pypi-", 30},      {"dckr_pat_", 16},
    {"dckr_oat_", 16},  {"glsa_", 20},      {"glc_", 20},       {"ya29.", 20},      {"GOCSPX-", 16},
    {"dapi", 32},       {"dkea", 32},       {"shpat_", 16},     {"shpca_", 16},     {"shppa_", 16},
    {"shpss_", 16},     {"sq0csp-", 16},    {"sq0atp-", 16},    {"EAAAE", 50},      {"NRAK-", 20},
    {"NRJS-", 16},      {"NRII-", 16},      {"lin_api_", 20},   {"ATATT3", 30},     {"ATCTT3", 30},
    {"ATBB", 24},       {"pat-na1-", 20},   {"pat-eu1-", 20},   {"rubygems_", 30},  {"AGE-SECRET-KEY-", 20},
    {"figd_", 20},      {"PMAK-", 30},      {"sntrys_", 20},    {"sntryu_", 20},    {"phx_", 20},
    {"tfp_", 30},       {"r8_", 30},        {"gsk_", 30},       {"pplx-", 30},      {"xai-", 30},
    {"nvapi-", 30},     {"fo1_", 30},       {"fm1_", 30},       {"fm2_", 30},       {"rnd_", 24},
    {"nfp_", 30},       {"CFPAT-", 30},     {"EZAK", 40},       {"EZTK", 40},       {"shippo_live_", 20},
    {"pul-", 32},       {"ops_eyJ", 30},    {"dp.pt.", 30},     {"dp.st.", 30},     {"dp.ct.", 30},
    {"LTAI", 16},       {"AKID", 28},       {"ntn_", 30},       {"secret_", 40},    {"xkeysib-", 30},
    {"xsmtpsib-", 30},  {"SWMTKN-1-", 20},  {"SWMKEY-1-", 20},  {"tskey-", 16},     {"sbp_", 30},
    {"pscale_", 20},    {"key-", 32},       {"whsk_", 20},      {"rpa_", 30},       {"cfut_", 30},
    {"ddp_", 30},       {"lsv2_", 30},      {"esk_", 40},
}};

bool is_word(char c) {
  return is_base64url(c) || c == '.';
}

bool all(std::string_view text, bool (*allowed)(char)) {
  return std::all_of(text.begin(), text.end(), allowed);
}

bool is_capital_or_digit(char c) {
  return is_digit(c) || is_upper(c);
}

/// header.payload.signature of a JSON web token, and the tokens of Discord, which have its form.
bool is_dotted_token(std::string_view word) {
  if (word.starts_with("eyJ") && word.size() >= 20 && word.find('.') != npos) return true;
  const auto first = word.find('.');
  const auto second = first == npos ? npos : word.find('.', first + 1);
  if (second == npos || word.find('.', second + 1) != npos) return false;
  const std::size_t end = word.size() - second - 1;
  return first >= 23 && first <= 28 && second - first - 1 == 6 && end >= 27 && end <= 40;
}

/// "sk_prod_...", "acme_live_...": a prefix that says what it is, then letters and digits.
bool is_marked_token(std::string_view word) {
  for (const std::string_view mark : {"_live_", "_prod_", "_sk_", "_pat_", "_secret_", "_token_"}) {
    const auto place = word.find(mark);
    if (place == npos || place > 12) continue;
    const std::string_view tail = word.substr(place + mark.size());
    if (tail.size() >= 16 && all(tail, is_alnum) && looks_random(tail)) return true;
  }
  return false;
}

bool has_form(std::string_view word) {
  if (word.size() < shortest_token) return false;
  for (const Form& form : forms) {
    if (word[0] != form.prefix[0] || !word.starts_with(form.prefix) ||
        word.size() < form.prefix.size() + form.least)
      continue;
    const std::string_view tail = word.substr(form.prefix.size());
    if (form.capitals && !all(tail.substr(0, 16), is_capital_or_digit)) continue;
    // A word of the language or a name with hyphens has no digit in a place of so many characters.
    if (form.prefix.size() <= 4 && tail.find_first_of("0123456789") == npos && tail == lower(tail)) continue;
    return true;
  }
  return is_dotted_token(word) || is_marked_token(word);
}

}  // namespace

void SecretFinder::find_urls() {
  constexpr std::size_t longest_login = 512;
  for (std::size_t i = text_.find("://"); i != npos; i = text_.find("://", i + 3)) {
    const std::size_t begin = i + 3;
    std::size_t end = begin;
    while (end < text_.size() && end - begin < longest_login && is_url(text_[end])) ++end;
    const std::string_view rest = text_.substr(begin, end - begin);
    const std::size_t authority = std::min(rest.find_first_of("/?#"), rest.size());
    const std::size_t colon = rest.substr(0, authority).find(':');
    std::size_t sign = rest.substr(0, authority).rfind('@');
    // A password may contain characters that should be encoded: "user:a/b@host". A port is digits alone.
    if (sign == npos && colon != npos && colon + 1 < authority &&
        !std::all_of(rest.begin() + static_cast<std::ptrdiff_t>(colon) + 1,
                     rest.begin() + static_cast<std::ptrdiff_t>(authority), is_digit))
      sign = rest.rfind('@');
    if (sign == npos) continue;
    // A long or random user name without a password is a token; a short one such as "git" is not.
    if (colon != npos && colon < sign)
      hide(begin + colon + 1, begin + sign);
    else if (sign >= 16 || looks_random(rest.substr(0, sign)))
      hide(begin, begin + sign);
  }
}

/// "user:password@tcp(host)", "user:password@proxy:3128", "user/password@//host": logins without a scheme.
void SecretFinder::find_dsns() {
  constexpr std::size_t longest_login = 160;
  for (std::size_t i = text_.find('@'); i != npos; i = text_.find('@', i + 1)) {
    std::size_t begin = i;
    while (begin > 0 && i - begin < longest_login && is_url(text_[begin - 1]) &&
           std::string_view("=,([{").find(text_[begin - 1]) == npos)
      --begin;
    const std::string_view login = text_.substr(begin, i - begin);
    if (login.find("://") != npos) continue;
    const bool oracle = login.starts_with("jdbc:oracle:");
    const auto colon = oracle ? login.find('/') : login.find(':');
    if (colon == npos || colon == 0 || colon + 1 >= login.size()) continue;
    std::size_t host = i + 1;
    while (host < text_.size() && host - i < 256 && (is_name(text_[host]))) ++host;
    const std::string_view name = text_.substr(i + 1, host - i - 1);
    if (name.starts_with("sha256") || name.starts_with("sha512") || name.starts_with("md5")) continue;
    const std::string user = lower(login.substr(0, colon));
    if (user == "mailto" || user == "sip" || user == "email" || user == "from" || user == "to" ||
        user == "acct")
      continue;
    const bool port = at(host) == ':' && is_digit(at(host + 1));
    const bool go = at(host) == '(';
    const bool proxy = begin > 5 && small_.compare(begin - 6, 6, "proxy=") == 0;
    const bool path = at(host) == '/' && looks_chosen(login.substr(colon + 1));
    if (oracle || port || go || proxy || path) hide(begin + colon + 1, i);
  }
  // .pgpass: host:port:database:user:password
  for (const std::string_view port : {":5432:", ":5433:", ":6432:", ":*:"}) {
    for (std::size_t i = text_.find(port); i != npos; i = text_.find(port, i + 1)) {
      std::size_t field = i + port.size();
      for (int fields = 0; fields < 2 && field != npos && field < text_.size(); ++fields) {
        const std::size_t end = find_any(text_, ": \t\r\n/", field);
        field = at(end) == ':' ? end + 1 : npos;
      }
      if (field != npos) hide(field, end_of_word(text_, field));
    }
  }
}

void SecretFinder::find_webhooks() {
  for (const std::string_view place : {"hooks.slack.com/services/",
                                       "hooks.slack.com/workflows/",
                                       "hooks.slack.com/triggers/",
                                       "discord.com/api/webhooks/",
                                       "discordapp.com/api/webhooks/",
                                       "webhook.office.com/",
                                       "outlook.office.com/webhook/",
                                       "api.telegram.org/bot",
                                       "hooks.zapier.com/hooks/catch/",
                                       "events.pagerduty.com/integration/",
                                       "maker.ifttt.com/trigger/",
                                       "hc-ping.com/",
                                       "open.feishu.cn/open-apis/bot/v2/hook/",
                                       "open.larksuite.com/open-apis/bot/v2/hook/",
                                       "uptime.betterstack.com/api/v1/heartbeat/",
                                       "cronitor.link/p/",
                                       "hook.eu1.make.com/",
                                       "hook.us1.make.com/",
                                       "api.opsgenie.com/v1/json/",
                                       "alert.victorops.com/integrations/",
                                       "webhook.site/",
                                       "pipedream.net/",
                                       "chat.googleapis.com/v1/spaces/",
                                       "api.rollbar.com/api/1/deploy/",
                                       "webexapis.com/v1/webhooks/incoming/"}) {
    for (std::size_t i = small_.find(place), end = 0; i != npos; i = small_.find(place, end)) {
      const std::size_t begin = i + place.size();
      end = begin;
      while (end < text_.size() && is_url(text_[end]) && text_[end] != ',' && text_[end] != ')') ++end;
      hide(begin, end);
    }
  }
  // Mattermost, Rocket.Chat and others: /hooks/ and one random part.
  for (std::size_t i = text_.find("/hooks/"); i != npos; i = text_.find("/hooks/", i + 7)) {
    std::size_t end = i + 7;
    while (end < text_.size() && end - i < 200 && is_alnum(text_[end])) ++end;
    if (end - i - 7 >= 20) hide(i + 7, end);
  }
}

/// Tokens that can be recognised by their form.
void SecretFinder::find_tokens() {
  std::size_t before = npos;  // where the last word began, if only a colon stands between
  for (std::size_t i = 0; i < text_.size();) {
    if (!is_word(text_[i])) {
      if (text_[i] != ':') before = npos;
      ++i;
      continue;
    }
    // Each word is examined once: the form of a token shows at the word's beginning.
    std::size_t begin = i;
    while (i < text_.size() && is_word(text_[i])) ++i;
    while (begin < i && (text_[begin] == '.' || text_[begin] == '-')) ++begin;
    const std::string_view word = text_.substr(begin, i - begin);
    const auto equals_form = [this, begin, i] { hide(begin, i); };
    if (has_form(word)) equals_form();
    // The token of a Telegram bot: its id, a colon, 35 characters.
    if (before != npos && word.size() >= 30 && word.starts_with("AA")) {
      std::string_view id = text_.substr(before, begin - before - 1);
      if (id.starts_with("bot")) id.remove_prefix(3);
      if (id.size() >= 6 && id.size() <= 12 && all(id, is_digit)) hide(before, i);
    }
    // A bootstrap token of Kubernetes and a k3s join token.
    if (word.starts_with("K10") && word.size() >= 64) hide(begin, end_of_word(text_, begin));
    before = at(i) == ':' ? begin : npos;
  }
  // Refresh tokens of Google.
  for (std::size_t i = text_.find("1//0"); i != npos; i = text_.find("1//0", i + 4)) {
    std::size_t end = i + 4;
    while (end < text_.size() && is_base64url(text_[end])) ++end;
    if (starts_a_word(text_, i) && end - i >= 40) hide(i, end);
  }
}

/// Hashes of passwords: $6$salt$hash, $2b$12$..., $argon2id$..., pbkdf2_sha256$..., {SSHA}...
void SecretFinder::find_hashes() {
  const auto end_of_hash = [this](std::size_t i) {
    while (i < text_.size() && (is_alnum(text_[i]) || std::string_view("$./+=,-_").find(text_[i]) != npos))
      ++i;
    return i;
  };
  for (const std::string_view mark :
       {"$1$", "$5$", "$6$", "$y$", "$7$", "$2a$", "$2b$", "$2y$", "$apr1$", "$argon2", "$scrypt$", "$pbkdf2",
        "pbkdf2_sha", "{ssha", "{sha}", "{crypt}", "scram-sha-256$"}) {
    for (std::size_t i = small_.find(mark), end = 0; i != npos; i = small_.find(mark, end)) {
      end = std::max(end_of_hash(mark[0] == '{' ? std::min(text_.size(), i + mark.size() + 4) : i),
                     i + mark.size());
      if (end - i >= 20) hide(i, end);
    }
  }
}

/// Private numbers of a JSON web key.
void SecretFinder::find_jwk_numbers() {
  if (text_.find("\"kty\"") == npos && text_.find("\\\"kty\\\"") == npos) return;
  for (const std::string_view name : {"d", "p", "q", "dp", "dq", "qi", "k"}) {
    const std::string quoted = std::string(name) + "\"";
    for (std::size_t i = text_.find(quoted); i != npos; i = text_.find(quoted, i + 1)) {
      if (i == 0 || text_[i - 1] != '"') continue;
      const std::size_t colon = skip_blanks(text_, i + quoted.size());
      if (at(colon) != ':') continue;
      std::size_t next = 0;
      const auto value = quoted_at(text_, skip_blanks(text_, colon + 1), next);
      if (value && value->end - value->begin >= 20) hide(*value);
    }
  }
}

/// PEM, OpenSSH, PGP and SSH2 blocks; PuTTY's files. The text may begin or end inside a block.
void SecretFinder::find_private_keys() {
  constexpr std::size_t longest_line = 64;
  std::size_t from = 0;
  std::size_t begin = 0;
  bool inside = true;  // the text may begin inside a key
  while (true) {
    const std::size_t dashes = text_.find("----", from);
    if (dashes == npos) break;
    std::size_t word = dashes;
    while (at(word) == '-' && word - dashes < 8) ++word;
    while (is_blank(at(word)) && word - dashes < 10) ++word;
    const std::string_view mark = text_.substr(word, longest_line);
    const bool begins = mark.starts_with("BEGIN ");
    const bool ends = mark.starts_with("END ");
    const std::size_t close = begins || ends ? mark.find("----") : npos;
    const std::string_view kind = mark.substr(0, close);
    if (close == npos || (kind.find("PRIVATE KEY") == npos && kind.find("PGP MESSAGE") == npos)) {
      from = begins || ends ? word : dashes + 4;
      continue;
    }
    if (ends && inside) hide(begin, dashes);
    inside = begins;
    begin = word + close;
    while (at(begin) == '-') ++begin;
    from = begin;
  }
  if (inside && begin > 0) hide(begin, text_.size());
  for (std::size_t i = text_.find("Private-Lines:"); i != npos; i = text_.find("Private-Lines:", i + 1)) {
    const std::size_t first = next_line(text_, i);
    hide(first, std::min(text_.find("Private-MAC:", first), text_.size()));
  }
}

}  // namespace healer
