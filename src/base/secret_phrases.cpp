#include <algorithm>
#include <array>

#include "base/secret_finder.hpp"
#include "base/text.hpp"

// Values by the words before them: sentences, SQL, command lines, protocols.
namespace healer {
namespace {

using namespace redaction;

constexpr std::size_t npos = std::string_view::npos;
/// How much of a command line is read after the command.
constexpr std::size_t longest_command = 400;
constexpr std::size_t most_words = 40;

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == npos;
}

std::string_view without_end(std::string_view word) {
  while (!word.empty() && std::string_view(".,;:!)\"'`").find(word.back()) != npos) word.remove_suffix(1);
  return word;
}

/// How a command takes a password.
enum class Takes {
  Next,          ///< -p SECRET
  Attached,      ///< -pSECRET
  Either,        ///< -pSECRET or -p SECRET
  AfterColon,    ///< -u user:SECRET
  AfterPercent,  ///< -U user%SECRET
  AfterComma,    ///< -u user,SECRET
  AfterSlash,    ///< user/SECRET@database
  Second,        ///< verb user SECRET
  Last,          ///< -b file user SECRET
};

struct Command {
  std::string_view command;
  std::string_view flag;
  Takes takes;
};

constexpr std::array<Command, 53> commands{{
    {"curl", "-u", Takes::AfterColon},
    {"curl", "-U", Takes::AfterColon},
    {"curl", "--user", Takes::AfterColon},
    {"curl", "--proxy-user", Takes::AfterColon},
    {"http", "-a", Takes::AfterColon},

    {"http", "--auth", Takes::AfterColon},
    {"https", "-a", Takes::AfterColon},
    {"https", "--auth", Takes::AfterColon},
    {"ab", "-A", Takes::AfterColon},
    {"mysql", "-p", Takes::Attached},
    {"mysqldump", "-p", Takes::Attached},
    {"mysqladmin", "-p", Takes::Attached},
    {"mysqladmin", "password", Takes::Next},
    {"mysqlcheck", "-p", Takes::Attached},
    {"mysqlimport", "-p", Takes::Attached},
    {"mariadb", "-p", Takes::Attached},
    {"mariadb-dump", "-p", Takes::Attached},
    {"mariadb-admin", "-p", Takes::Attached},
    {"mycli", "-p", Takes::Attached},
    {"7z", "-p", Takes::Attached},
    {"7za", "-p", Takes::Attached},
    {"sshpass", "-p", Takes::Either},
    {"redis-cli", "-a", Takes::Next},
    {"valkey-cli", "-a", Takes::Next},
    {"mongo", "-p", Takes::Next},
    {"mongosh", "-p", Takes::Next},
    {"mongodump", "-p", Takes::Next},
    {"mongorestore", "-p", Takes::Next},
    {"login", "-p", Takes::Next},
    {"cqlsh", "-p", Takes::Next},
    {"rdesktop", "-p", Takes::Next},
    {"plink", "-pw", Takes::Next},
    {"pscp", "-pw", Takes::Next},
    {"ldapsearch", "-w", Takes::Either},
    {"ldapmodify", "-w", Takes::Either},
    {"ldapadd", "-w", Takes::Either},
    {"ldapwhoami", "-w", Takes::Either},
    {"ldapdelete", "-w", Takes::Either},
    {"sqlcmd", "-P", Takes::Either},
    {"bcp", "-P", Takes::Either},
    {"zip", "-P", Takes::Next},
    {"unzip", "-P", Takes::Next},
    {"ipmitool", "-P", Takes::Next},
    {"smbclient", "-U", Takes::AfterPercent},
    {"lftp", "-u", Takes::AfterComma},
    {"xfreerdp", "/p:", Takes::Attached},
    {"sqlplus", "", Takes::AfterSlash},
    {"rman", "", Takes::AfterSlash},
    {"rabbitmqctl", "add_user", Takes::Second},
    {"rabbitmqctl", "change_password", Takes::Second},
    {"rabbitmqctl", "authenticate_user", Takes::Second},
    {"net", "user", Takes::Second},
    {"htpasswd", "-b", Takes::Last},
}};

struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The words of a command line, without quotes around them.
std::vector<Word> words_of_command(std::string_view text, std::size_t i) {
  std::vector<Word> words;
  const std::size_t limit = std::min(text.size(), i + longest_command);
  while (i < limit && words.size() < most_words && text[i] != '\n' && text[i] != '|' && text[i] != ';') {
    if (is_space(text[i]) || text[i] == ',') {
      ++i;
      continue;
    }
    const char quote = is_quote(text[i]) ? text[i] : '\0';
    Word word{i + (quote != '\0' ? 1 : 0), 0};
    i = word.begin;
    while (i < text.size() && i - word.begin < longest_command && text[i] != '\n' &&
           (quote != '\0' ? text[i] != quote : !is_space(text[i]) && !is_quote(text[i])))
      ++i;
    word.end = i;
    if (quote != '\0' && i < text.size()) ++i;
    if (word.end > word.begin) words.push_back(word);
    if (quote == '\0' && i < text.size() && is_quote(text[i]) && i + 1 < text.size() && is_space(text[i + 1]))
      break;
  }
  return words;
}

/// "-u" alone or among other letters: "-su".
bool is_flag(std::string_view word, std::string_view flag) {
  if (word == flag) return true;
  if (flag.size() != 2 || word.size() < 3 || word.size() > 6 || word[0] != '-' || word[1] == '-')
    return false;
  return word.back() == flag[1] &&
         std::all_of(word.begin() + 1, word.end(), [](char c) { return is_alnum(c); });
}

char separator_of(Takes takes) {
  switch (takes) {
    case Takes::AfterColon:
      return ':';
    case Takes::AfterPercent:
      return '%';
    case Takes::AfterComma:
      return ',';
    default:
      return '/';
  }
}

/// The part of the command line's words that is secret; empty if none is.
Word secret_word(std::string_view text, const Command& command, const std::vector<Word>& words) {
  const auto shown = [&](std::size_t i) {
    return text.substr(words[i].begin, words[i].end - words[i].begin);
  };
  const auto after = [&](std::size_t i, char sign, std::size_t from) -> Word {
    const auto found = shown(i).find(sign, from);
    return found == npos ? Word{} : Word{words[i].begin + found + 1, words[i].end};
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = shown(i);
    const bool attached =
        !command.flag.empty() && word.starts_with(command.flag) && word.size() > command.flag.size();
    const bool alone = is_flag(word, command.flag) && i + 1 < words.size();
    switch (command.takes) {
      case Takes::Attached:
        if (attached) return {words[i].begin + command.flag.size(), words[i].end};
        if (word == command.flag && i + 1 < words.size() && words[i + 1].begin == words[i].end + 1 &&
            is_quote(text[words[i].end]))
          return words[i + 1];
        break;
      case Takes::Either:
      case Takes::Next:
        if (word == command.flag && i + 1 < words.size()) return words[i + 1];
        if (attached && command.takes == Takes::Either)
          return {words[i].begin + command.flag.size(), words[i].end};
        break;
      case Takes::AfterColon:
      case Takes::AfterPercent:
      case Takes::AfterComma:
        if (alone) return after(i + 1, separator_of(command.takes), 0);
        if (attached) return after(i, separator_of(command.takes), command.flag.size());
        break;
      case Takes::AfterSlash: {
        Word secret = after(i, '/', 1);
        if (secret.end == 0 || word.find("://") != npos || word[0] == '-') break;
        const auto sign = word.rfind('@');
        if (sign == npos || words[i].begin + sign <= secret.begin) break;
        secret.end = words[i].begin + sign;
        return secret;
      }
      case Takes::Second:
        if (word == command.flag && i + 2 < words.size()) return words[i + 2];
        break;
      case Takes::Last:
        if (word.starts_with("-") && word.find('b') != npos && i + 3 < words.size()) return words[i + 3];
        break;
    }
  }
  return {};
}

}  // namespace

void SecretFinder::find_commands() {
  for (std::size_t first = 0, last = 0; first < commands.size(); first = last) {
    const std::string_view name = commands[first].command;
    for (last = first; last < commands.size() && commands[last].command == name;) ++last;
    for (std::size_t i = text_.find(name); i != npos; i = text_.find(name, i + name.size())) {
      std::size_t after = i + name.size();
      if (!starts_a_word(text_, i) || !(is_blank(at(after)) || is_quote(at(after)))) continue;
      if (is_quote(at(after))) ++after;
      const std::vector<Word> words = words_of_command(text_, after);
      for (std::size_t k = first; k < last; ++k) {
        const Word secret = secret_word(text_, commands[k], words);
        if (secret.end > secret.begin && text_[secret.begin] != '-') hide(secret.begin, secret.end);
      }
    }
  }
  for (std::size_t i = text_.find("pass:"); i != npos; i = text_.find("pass:", i + 5)) {
    // openssl -passin pass:SECRET
    if (i > 0 && is_space(text_[i - 1]) && !is_space(at(i + 5))) hide(i + 5, end_of_plain(text_, i + 5));
  }
}

void SecretFinder::find_phrases() {
  constexpr std::array<std::string_view, 13> nouns{
      "password",   "passwd", "passphrase", "passcode",   "passwort", "pwd",          "requirepass",
      "masterauth", "psk",    "secret",     "access_key", "token",    "identified by"};
  constexpr std::array<std::string_view, 12> fillers{"is",  "was", "to",  "of",       "as",      "->",
                                                     "are", "be",  "set", "password", "changed", "reset"};
  for (const std::string_view noun : nouns) {
    for (std::size_t i = small_.find(noun); i != npos; i = small_.find(noun, i + noun.size())) {
      const std::size_t end = i + noun.size();
      const bool in_brackets = at(end) == '(' && is_quote(at(end + 1)) && noun == "password";
      if ((i > 0 && is_alnum(text_[i - 1])) || (!is_blank(at(end)) && !in_brackets)) continue;
      std::size_t value = in_brackets ? end + 1 : skip_blanks(text_, end);
      const bool by = noun == "identified by";
      bool filled = false;
      for (int words = 0; words < 2; ++words)
        for (const std::string_view filler : fillers)
          if (small_.compare(value, filler.size(), filler) == 0 && is_blank(at(value + filler.size()))) {
            value = skip_blanks(text_, value + filler.size());
            filled = true;
            break;
          }
      if (is_digit(at(value)) && is_blank(at(value + 1)))
        value = skip_blanks(text_, value + 1);  // the kind of a hash
      const bool sure = noun != "token" && noun != "secret";
      std::size_t after = value;
      if (const auto quoted = quoted_at(text_, value, after)) {
        const std::string_view shown = part(*quoted);
        const bool one_word = shown.find_first_of(" =:") == npos;
        if (by || (sure && one_word && shown.size() >= 4 && !belongs_to_a_sentence(shown)) ||
            looks_random(shown))
          hide(*quoted);
        continue;
      }
      const std::string_view shown = without_end(part({value, end_of_word(text_, value)}));
      // In a .netrc the words stand one behind the other: "login bob password abc".
      const bool netrc = noun == "password" && part({i < 96 ? 0 : i - 96, i}).find("login ") != npos;
      const bool named = by || netrc || noun == "requirepass" || noun == "masterauth";
      const bool chosen =
          sure ? looks_chosen(shown) && shown.find_first_of("=:/(") == npos : looks_random(shown);
      const bool phrase = filled && sure && shown.size() >= 6 && looks_chosen(shown);
      if ((named && !belongs_to_a_sentence(shown)) || chosen || phrase) hide(value, value + shown.size());
    }
  }
  // CREATE USER a IDENTIFIED WITH caching_sha2_password BY 'x'
  for (std::size_t i = small_.find("identified with "); i != npos;
       i = small_.find("identified with ", i + 1)) {
    const std::size_t by = small_.substr(i, 100).find(" by ");
    if (by == npos) continue;
    std::size_t after = 0;
    if (const auto quoted = quoted_at(text_, skip_blanks(text_, i + by + 4), after)) hide(*quoted);
  }
  // "your verification code is 123456"
  for (const std::string_view noun : {"otp", "verification code", "security code", "login code",
                                      "one-time code", "one-time password", "pin"}) {
    for (std::size_t i = small_.find(noun); i != npos; i = small_.find(noun, i + noun.size())) {
      std::size_t value = i + noun.size();
      if (!starts_a_word(text_, i) || is_base64url(at(value))) continue;
      const bool colon = at(value) == ':';
      value = skip_blanks(text_, colon ? value + 1 : value);
      const bool is = small_.compare(value, 3, "is ") == 0;
      if (!colon && !is) continue;
      if (is) value += 3;
      const std::string_view digits = without_end(part({value, end_of_word(text_, value)}));
      if (digits.size() >= 4 && digits.size() <= 8 && is_digits(digits)) hide(value, value + digits.size());
    }
  }
}

/// "Bearer abc" without a field name. Hides only text that looks like a credential: ordinary words may follow
/// "basic", too.
void SecretFinder::find_schemes() {
  for (const std::string_view scheme :
       {"bearer", "basic", "geniekey", "ssws", "sharedkey", "ntlm", "negotiate", "apikey", "bot", "token"}) {
    for (std::size_t i = small_.find(scheme), next = 0; i != npos; i = small_.find(scheme, next)) {
      const std::size_t end = i + scheme.size();
      next = end;
      const bool escaped = small_.compare(end, 3, "%20") == 0;
      const std::size_t begin = escaped ? end + 3 : skip_blanks(text_, end);
      if (begin == end || !starts_a_word(text_, i)) continue;
      std::size_t stop = begin;
      while (stop < text_.size() &&
             (is_base64url(text_[stop]) || std::string_view(".+/=~").find(text_[stop]) != npos))
        ++stop;
      next = std::max(stop, end);
      const std::string_view run = without_end(text_.substr(begin, stop - begin));
      const bool mixed =
          std::any_of(run.begin(), run.end(), [](char c) { return is_digit(c) || c == '=' || c == '+'; }) ||
          std::any_of(run.begin() + (run.empty() ? 0 : 1), run.end(), is_upper);
      const bool usual = scheme == "bearer" || scheme == "basic";
      const bool long_word = scheme == "bearer" && run.size() >= 16 && run.find_first_of("-./") == npos;
      if (usual ? (run.size() >= 12 && mixed && run.find("://") == npos) || long_word : looks_random(run))
        hide(begin, begin + run.size());
    }
  }
}

/// Logins of text protocols: AUTH x (Redis), AUTH PLAIN x (SMTP), PASS x (FTP), LOGIN user x (IMAP).
void SecretFinder::find_logins() {
  for (const std::string_view verb : {"AUTH", "PASS", "LOGIN"}) {
    for (std::size_t i = text_.find(verb); i != npos; i = text_.find(verb, i + verb.size())) {
      std::size_t end = i + verb.size();
      const bool quoted = is_quote(at(end));
      if (quoted) ++end;
      if (!starts_a_word(text_, i) || !is_blank(at(end))) continue;
      const std::vector<Word> words = words_of_command(text_, end);
      const auto shown = [&](std::size_t k) { return part({words[k].begin, words[k].end}); };
      if (words.empty()) continue;
      const bool method =
          shown(0) == "PLAIN" || shown(0) == "LOGIN" || shown(0) == "XOAUTH2" || shown(0) == "CRAM-MD5";
      const std::size_t place = method || verb == "LOGIN" || (verb == "AUTH" && words.size() == 2) ? 1 : 0;
      if (place >= words.size() || words.size() > place + 1) continue;
      const std::string_view word = shown(place);
      if (method ? word.size() >= 8 : looks_chosen(word) && word.find_first_of("/.:()=") == npos)
        hide(words[place].begin, words[place].end);
    }
  }
}

}  // namespace healer
