#include "guard/settings.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"
#include "guard/words.hpp"

namespace healer::guard {
namespace {

constexpr std::size_t longest_file = 256 * 1024;
constexpr unsigned nobody = 65534;

/// Why the value is not accepted; empty: it is.
using Problem = std::string;

Problem read_path(std::string_view value, std::string& into) {
  if (!value.starts_with('/') || value.size() > 100)
    return "an absolute path of at most 100 bytes is accepted";
  into = value;
  return {};
}

std::optional<unsigned> number_of(std::string_view value) {
  unsigned number = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || fault != std::errc() || end != value.data() + value.size()) return {};
  return number;
}

Problem read_uid(std::string_view value, unsigned& into) {
  const auto number = number_of(value);
  if (!number || *number == 0 || *number == nobody)
    return "a user id is accepted, but not 0 (root) and not 65534 (nobody)";
  into = *number;
  return {};
}

template <class Number>
Problem read_number(std::string_view value, unsigned least, unsigned most, unsigned factor, Number& into) {
  const auto number = number_of(value);
  if (!number || *number < least || *number > most)
    return fmt::format("a number from {} to {} is accepted", least, most);
  into = *number * factor;
  return {};
}

Problem read_gid(std::string_view value, std::optional<unsigned>& into) {
  into = number_of(value);
  return into ? "" : "the number of a group is accepted";
}

/// Characters that JSON writes as they are.
Problem read_common_name(std::string_view value, std::string& into) {
  const bool fit =
      !value.empty() && value.size() <= 64 && std::all_of(value.begin(), value.end(), [](unsigned char c) {
        return std::isalnum(c) ||
               std::string_view("._-@: ").find(static_cast<char>(c)) != std::string_view::npos;
      });
  if (!fit) return "letters, digits and ._-@: are accepted, at most 64";
  into = value;
  return {};
}

Problem read_names(std::string_view value, std::set<std::string>& into) {
  into.clear();
  for (const std::string& part : split(value, ','))
    if (const std::string_view name = trim(part); !name.empty()) into.emplace(name);
  return {};
}

Problem read_remedies(std::string_view value, Remedies& into) {
  auto remedies = parse_remedies(value);
  if (!remedies) return remedies.error();
  into = std::move(*remedies);
  return {};
}

Problem read_command(std::string_view value, std::vector<std::vector<std::string>>& into) {
  auto words = command_words(value);
  if (!words || words->empty()) return "a command is accepted, or a list of texts";
  into.push_back(std::move(*words));
  return {};
}

Problem read_kinds(std::string_view value, std::set<std::string>& into) {
  read_names(value, into);
  for (const std::string& kind : into)
    if (!Settings{}.label_remedies.contains(kind)) return "of restart, start, stop, kill, exec and recreate";
  return {};
}

/// `name`: what follows the dot of the key, such as a workload; empty: there is none.
Problem apply(std::string_view key, std::string_view name, std::string_view value, Settings& settings) {
  if (!name.empty()) {
    const std::string workload(name);
    if (key == "remedies") return read_remedies(value, settings.remedies[workload]);
    if (key == "command") return read_command(value, settings.commands[workload]);
    return "remedies.WORKLOAD and command.WORKLOAD are accepted";
  }
  if (key == "engine") return read_path(value, settings.engine);
  if (key == "socket") return read_path(value, settings.socket);
  if (key == "admin_socket") return read_path(value, settings.admin_socket);
  if (key == "state") return read_path(value, settings.state);
  if (key == "authz_socket") return read_path(value, settings.authz_socket);
  if (key == "authz_user") return read_common_name(value, settings.authz_user);
  if (key == "audit_size") return read_number(value, 1, 32, 1024 * 1024, settings.audit.file_bytes);
  if (key == "audit_keep") return read_number(value, 1, 10'000, 1, settings.audit.former_files);
  if (key == "engine_gid") return read_gid(value, settings.engine_gid);
  if (key == "uid") return read_uid(value, settings.uid);
  if (key == "client_uid") return read_uid(value, settings.client_uid);
  if (key == "own") return read_names(value, settings.own);
  if (key == "hazardous") return read_names(value, settings.hazardous);
  if (key == "signals") return read_names(value, settings.signals);
  if (key == "label_remedies") return read_kinds(value, settings.label_remedies);
  if (key == "default_remedies") return read_remedies(value, settings.default_remedies);
  if (key == "image_opt_in") {
    if (value != "accepted" && value != "refused") return "accepted or refused";
    settings.image_opt_in = value == "accepted" ? ImageOptIn::Accepted : ImageOptIn::Refused;
    return {};
  }
  return "no such key; docs/guard.md lists the keys";
}

Problem read_step(std::string_view step, Remedies& remedies) {
  const auto colon = step.find(':');
  const std::string kind = lower(trim(step.substr(0, colon)));
  const std::string_view details =
      colon == std::string_view::npos ? std::string_view() : trim(step.substr(colon + 1));
  if (kind == "none" || kind == "webhook" || kind == "replace") return {};
  if (kind == "kill") {
    std::string signal(details);
    std::transform(signal.begin(), signal.end(), signal.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    if (signal.starts_with("SIG")) signal.erase(0, 3);
    if (signal.empty()) return "kill needs a signal, such as kill:HUP";
    remedies.signals.insert(std::move(signal));
  } else if (kind == "exec") {
    auto words = command_words(details);
    if (!words || words->empty()) return "exec needs a command, such as exec:/bin/reload";
    remedies.commands.push_back(std::move(*words));
  } else if (kind == "restart" || kind == "start" || kind == "stop" || kind == "recreate") {
    remedies.orders.insert(kind);
  } else {
    return fmt::format("no remedy \"{}\"", clip(printable(kind), 40));
  }
  // A container that exited is started in place of the other remedies.
  if (kind != "stop") remedies.orders.insert("start");
  return {};
}

Error at_fault(const std::string& path, const std::string& what) {
  return {ErrorCode::InvalidInput, fmt::format("{}: {}", path, what)};
}

}  // namespace

tl::expected<Remedies, std::string> parse_remedies(std::string_view text) {
  Remedies remedies;
  if (lower(trim(text)) == "auto") return Settings{}.default_remedies;
  const auto steps = comma_parts(text);
  if (!steps) return tl::unexpected<std::string>("a quote is not closed");
  for (const std::string& step : *steps)
    if (Problem problem = read_step(step, remedies); !problem.empty())
      return tl::unexpected(std::move(problem));
  return remedies;
}

Result<Settings> parse_settings(std::string_view text) {
  Settings settings;
  std::size_t number = 0;
  std::set<std::string> seen;
  for (const std::string& whole : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(whole);
    if (line.empty() || line.starts_with('#')) continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos)
      return failure(ErrorCode::InvalidInput, fmt::format("line {}: \"{}\"; NAME=value is accepted", number,
                                                          clip(printable(line), 60)));
    const std::string key(trim(line.substr(0, equals)));
    const auto dot = key.find('.');
    const std::string_view kind = std::string_view(key).substr(0, dot);
    const std::string_view name =
        dot == std::string::npos ? std::string_view() : std::string_view(key).substr(dot + 1);
    if (!seen.insert(key).second && kind != "command")
      return failure(ErrorCode::InvalidInput, fmt::format("line {}: {} stands there twice", number, key));
    const std::string_view value = trim(line.substr(equals + 1));
    if (const Problem problem = apply(kind, name, value, settings); !problem.empty())
      return failure(ErrorCode::InvalidInput,
                     fmt::format("line {}: {}={}: {}", number, clip(printable(key), 60),
                                 clip(printable(value), 60), problem));
  }
  if (settings.uid == settings.client_uid)
    return failure(ErrorCode::InvalidInput,
                   fmt::format("uid and client_uid are both {}: the guard refuses its own user as a client",
                               settings.uid));
  return settings;
}

Result<Settings> load_settings(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) {
    if (errno == ENOENT && path == default_settings_path) return parse_settings({});
    return tl::unexpected(at_fault(path, std::strerror(errno)));
  }
  struct stat facts {};
  std::string text(longest_file + 1, '\0');
  const bool known = fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
  const ssize_t size = known ? read(file, text.data(), text.size()) : -1;
  close(file);
  if (size < 0) return tl::unexpected(at_fault(path, "it is no file that can be read"));
  if (facts.st_uid != 0 || (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return tl::unexpected(
        at_fault(path, fmt::format("its owner is user {} and its mode {:o}; root must own it, and nobody "
                                   "else may write it",
                                   facts.st_uid, facts.st_mode & 07777U)));
  if (static_cast<std::size_t>(size) > longest_file)
    return tl::unexpected(at_fault(path, "larger than 256 KiB"));
  text.resize(static_cast<std::size_t>(size));
  auto settings = parse_settings(text);
  if (!settings) return tl::unexpected(at_fault(path, settings.error().message));
  return settings;
}

}  // namespace healer::guard
