#include "script.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace healer::simulation {
namespace {

template <class E>
using Names = std::pair<E, const char*>;

constexpr std::array failures{Names<Failure>{Failure::None, "none"},
                              Names<Failure>{Failure::Error, "error"},
                              Names<Failure>{Failure::Hang, "hang"},
                              Names<Failure>{Failure::Refuse, "refuse"},
                              Names<Failure>{Failure::Crash, "crash"},
                              Names<Failure>{Failure::Loop, "loop"},
                              Names<Failure>{Failure::OutOfMemory, "oom"},
                              Names<Failure>{Failure::Flap, "flap"},
                              Names<Failure>{Failure::Slow, "slow"},
                              Names<Failure>{Failure::RateLimited, "rate-limited"},
                              Names<Failure>{Failure::Maintenance, "maintenance"},
                              Names<Failure>{Failure::Busy, "busy"},
                              Names<Failure>{Failure::Login, "login"},
                              Names<Failure>{Failure::Missing, "missing"},
                              Names<Failure>{Failure::Gateway, "gateway"}};

constexpr std::array fronts{
    Names<Front>{Front::Right, "right"},          Names<Front>{Front::WrongPath, "wrong-path"},
    Names<Front>{Front::WrongPort, "wrong-port"}, Names<Front>{Front::NotHttp, "not-http"},
    Names<Front>{Front::Redirect, "redirect"},    Names<Front>{Front::Login, "login"}};

constexpr std::array fixes{
    Names<FixedBy>{FixedBy::Restart, "restart"}, Names<FixedBy>{FixedBy::Reload, "reload"},
    Names<FixedBy>{FixedBy::Recreate, "recreate"}, Names<FixedBy>{FixedBy::Alone, "alone"},
    Names<FixedBy>{FixedBy::Operator, "operator"}};

constexpr std::array whats{Names<What>{What::Fault, "fault"},
                           Names<What>{What::Stop, "stop"},
                           Names<What>{What::Start, "start"},
                           Names<What>{What::Restart, "restart"},
                           Names<What>{What::Kill, "kill"},
                           Names<What>{What::Hup, "hup"},
                           Names<What>{What::Pause, "pause"},
                           Names<What>{What::Unpause, "unpause"},
                           Names<What>{What::Deploy, "deploy"},
                           Names<What>{What::Remove, "remove"},
                           Names<What>{What::Blip, "blip"},
                           Names<What>{What::Outage, "outage"},
                           Names<What>{What::NoRoute, "no-route"},
                           Names<What>{What::NoFiles, "no-files"},
                           Names<What>{What::Cut, "cut"},
                           Names<What>{What::Lost, "lost"},
                           Names<What>{What::Shutdown, "shutdown"},
                           Names<What>{What::Killed, "killed"},
                           Names<What>{What::Hangs, "hangs"},
                           Names<What>{What::Errors, "errors"},
                           Names<What>{What::Denies, "denies"},
                           Names<What>{What::Unwritable, "unwritable"},
                           Names<What>{What::SlowStore, "slow-store"},
                           Names<What>{What::Die, "die"},
                           Names<What>{What::Stall, "stall"},
                           Names<What>{What::Clock, "clock"},
                           Names<What>{What::Silence, "silence"},
                           Names<What>{What::OpPause, "op-pause"},
                           Names<What>{What::OpResume, "op-resume"},
                           Names<What>{What::OpReset, "op-reset"},
                           Names<What>{What::OpHeal, "op-heal"},
                           Names<What>{What::Release, "release"},
                           Names<What>{What::Move, "move"},
                           Names<What>{What::Inside, "inside"},
                           Names<What>{What::Suspend, "suspend"},
                           Names<What>{What::Pressure, "pressure"},
                           Names<What>{What::Forget, "forget"},
                           Names<What>{What::Stranger, "stranger"}};

constexpr std::array dialects{Names<Dialect>{Dialect::Docker20, "docker20"},
                              Names<Dialect>{Dialect::Docker26, "docker26"},
                              Names<Dialect>{Dialect::Podman, "podman"}};

constexpr std::array restarts{Names<RestartPolicy>{RestartPolicy::No, "no"},
                              Names<RestartPolicy>{RestartPolicy::Always, "always"},
                              Names<RestartPolicy>{RestartPolicy::UnlessStopped, "unless-stopped"},
                              Names<RestartPolicy>{RestartPolicy::OnFailure, "on-failure"}};

template <class Table, class E>
const char* name_in(const Table& table, E value) {
  for (const auto& [known, name] : table)
    if (known == value) return name;
  return "?";
}

/// The words of a line; a word in double quotes may contain spaces.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, any = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any) words.push_back(std::exchange(word, {}));
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(word);
  return words;
}

std::string quoted(const std::string& word) {
  return word.find(' ') == std::string::npos ? word : '"' + word + '"';
}

/// Reads one line and keeps the first error.
class Line {
 public:
  Line(std::vector<std::string> words, std::size_t number) : words_(std::move(words)), number_(number) {}

  const std::string& word(std::size_t index) {
    static const std::string none;
    if (index < words_.size()) return words_[index];
    fail("a word is missing");
    return none;
  }
  std::size_t size() const { return words_.size(); }
  std::pair<std::string, std::string> setting(std::size_t index) {
    const std::string& whole = word(index);
    const auto at = whole.find('=');
    if (at == std::string::npos) fail("\"" + whole + "\" is no NAME=VALUE");
    return {whole.substr(0, at), at == std::string::npos ? "" : whole.substr(at + 1)};
  }
  Duration duration(const std::string& text) {
    const auto read = parse_duration(text);
    if (!read) fail("\"" + text + "\" is no duration");
    return read.value_or(Duration{0});
  }
  double share(const std::string& text) {
    std::istringstream in(text);
    double value = 0;
    if (!(in >> value)) fail("\"" + text + "\" is no number");
    return value;
  }
  template <class N>
  N number(const std::string& text) {
    N value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) fail("\"" + text + "\" is no number");
    return value;
  }
  template <class Table>
  auto choice(const Table& table, const std::string& text) {
    for (const auto& [value, name] : table)
      if (text == name) return value;
    std::vector<std::string> names;
    for (const auto& [value, name] : table) names.emplace_back(name);
    fail(fmt::format("\"{}\" is none of {}", text, fmt::join(names, ", ")));
    return table.front().first;
  }
  void fail(const std::string& why) {
    if (fault_.empty()) fault_ = fmt::format("line {}: {}", number_, why);
  }
  const std::string& fault() const { return fault_; }

 private:
  std::vector<std::string> words_;
  std::size_t number_;
  std::string fault_;
};

/// A setting of a unit that only the field's worlds have; false: it is none.
bool parse_field_setting(Unit& unit, Line& line, const std::string& key, const std::string& value) {
  if (key == "front") {
    unit.front = line.choice(fronts, value);
  } else if (key == "owner") {
    unit.owner = value;
  } else if (key == "check-runs") {
    unit.check_runs = value == "yes";
  } else if (key == "address") {
    unit.own_address = value == "own";
  } else if (key == "job") {
    unit.job = line.duration(value);
  } else if (key == "job-code") {
    unit.job_code = line.number<int>(value);
  } else {
    return false;
  }
  return true;
}

std::string field_settings(const Unit& unit) {
  std::string text;
  if (unit.front != Front::Right) text += fmt::format(" front={}", name_in(fronts, unit.front));
  if (!unit.owner.empty()) text += " " + quoted("owner=" + unit.owner);
  if (!unit.check_runs) text += " check-runs=no";
  if (unit.own_address) text += " address=own";
  if (unit.job != Duration{0}) text += " job=" + format_duration(unit.job);
  if (unit.job_code != 0) text += fmt::format(" job-code={}", unit.job_code);
  return text;
}

Unit parse_unit(Line& line) {
  Unit unit;
  unit.name = line.word(1);
  for (std::size_t i = 2; i < line.size(); ++i) {
    const auto [key, value] = line.setting(i);
    if (key.find('.') != std::string::npos || key == "monitored") {
      unit.labels[key] = value;
    } else if (key == "project") {
      unit.project = value;
    } else if (key == "service") {
      unit.service = value;
    } else if (key == "number") {
      unit.number = line.number<unsigned>(value);
    } else if (key == "restart") {
      unit.restart = line.choice(restarts, value);
    } else if (key == "starts") {
      unit.starts_in = line.duration(value);
    } else if (key == "recovers") {
      unit.recovers_in = line.duration(value);
    } else if (key == "stops") {
      unit.stops_in = line.duration(value);
    } else if (key == "check") {
      unit.check_interval = line.duration(value);
    } else if (key == "rule") {
      unit.rule_for = line.duration(value);
    } else if (key == "published") {
      unit.published = value == "yes";
    } else if (key == "needs") {
      unit.needs = split(value, ',');
    } else if (key == "network") {
      unit.network_of = value;
    } else if (!parse_field_setting(unit, line, key, value)) {
      line.fail("a unit has no \"" + key + "\"");
    }
  }
  return unit;
}

Happening parse_happening(Line& line) {
  Happening happening;
  happening.at = line.duration(line.word(1));
  happening.what = line.choice(whats, line.word(2));
  for (std::size_t i = 3; i < line.size(); ++i) {
    if (line.word(i).find('=') == std::string::npos) {
      happening.unit = line.word(i);
      continue;
    }
    const auto [key, value] = line.setting(i);
    if (key == "failure") {
      happening.failure = line.choice(failures, value);
    } else if (key == "fixed_by") {
      happening.fixed_by = line.choice(fixes, value);
    } else if (key == "lasts") {
      happening.lasts = line.duration(value);
    } else if (key == "share") {
      happening.share = line.share(value);
    } else if (key == "count") {
      happening.count = line.number<int>(value);
    } else {
      line.fail("a happening has no \"" + key + "\"");
    }
  }
  return happening;
}

void parse_line(Script& script, Line& line) {
  const std::string& what = line.word(0);
  if (what == "seed") {
    script.seed = line.number<std::uint64_t>(line.word(1));
  } else if (what == "dialect") {
    script.dialect = line.choice(dialects, line.word(1));
  } else if (what == "engine") {
    if (line.word(1) != "replaces")
      line.fail("\"" + line.word(1) + "\" is no sort of engine; accepted: replaces");
    script.only_replaces = true;
  } else if (what == "length") {
    script.length = line.duration(line.word(1));
  } else if (what == "resync") {
    script.resync = line.duration(line.word(1));
  } else if (what == "noise") {
    script.noise = line.share(line.word(1));
  } else if (what == "lost-orders") {
    script.lost_orders = line.share(line.word(1));
  } else if (what == "lost-resolves") {
    script.lost_resolves = line.share(line.word(1));
  } else if (what == "field") {
    script.field = true;
  } else if (what == "silenced") {
    script.silenced = line.share(line.word(1));
  } else if (what == "unanswered") {
    script.unanswered = line.share(line.word(1));
  } else if (what == "set") {
    script.settings.insert(line.setting(1));
  } else if (what == "unit") {
    script.units.push_back(parse_unit(line));
  } else if (what == "at") {
    script.happenings.push_back(parse_happening(line));
  } else {
    line.fail("\"" + what + "\" begins no line of a script");
  }
}

}  // namespace

const char* to_string(Failure failure) {
  return name_in(failures, failure);
}
const char* to_string(FixedBy fixed_by) {
  return name_in(fixes, fixed_by);
}
const char* to_string(What what) {
  return name_in(whats, what);
}
const char* to_string(Front front) {
  return name_in(fronts, front);
}

Capabilities Script::capabilities() const {
  Capabilities capabilities;
  if (only_replaces)
    capabilities = {{Capability::Exec, Capability::Replace, Capability::Evidence}, RemedyKind::Replace};
  else
    std::erase(capabilities.can, Capability::Replace);
  return capabilities;
}

std::string to_text(const Happening& happening) {
  std::string text = fmt::format("at {} {}", format_duration(happening.at), to_string(happening.what));
  if (!happening.unit.empty()) text += " " + happening.unit;
  if (happening.what == What::Fault)
    text +=
        fmt::format(" failure={} fixed_by={}", to_string(happening.failure), to_string(happening.fixed_by));
  if (happening.lasts != Duration{0}) text += " lasts=" + format_duration(happening.lasts);
  if (happening.share != 1) text += fmt::format(" share={}", happening.share);
  if (happening.count != 0) text += fmt::format(" count={}", happening.count);
  return text;
}

std::string to_text(const Script& script) {
  std::string text =
      fmt::format("seed {}\ndialect {}\nlength {}\nresync {}\nnoise {}\nlost-orders {}\n", script.seed,
                  name_in(dialects, script.dialect), format_duration(script.length),
                  format_duration(script.resync), script.noise, script.lost_orders);
  if (script.only_replaces) text += "engine replaces\n";
  if (script.lost_resolves != 0) text += fmt::format("lost-resolves {}\n", script.lost_resolves);
  if (script.field) text += "field\n";
  if (script.silenced != 0) text += fmt::format("silenced {}\n", script.silenced);
  if (script.unanswered != 0) text += fmt::format("unanswered {}\n", script.unanswered);
  for (const auto& [name, value] : script.settings)
    text += fmt::format("set {}\n", quoted(name + "=" + value));
  for (const Unit& unit : script.units) {
    text += "unit " + unit.name;
    if (!unit.project.empty())
      text += fmt::format(" project={} service={} number={}", unit.project, unit.service, unit.number);
    text += fmt::format(" restart={} starts={} stops={}", name_in(restarts, unit.restart),
                        format_duration(unit.starts_in), format_duration(unit.stops_in));
    if (unit.recovers_in != Duration{0}) text += " recovers=" + format_duration(unit.recovers_in);
    if (unit.check_interval != Duration{0}) text += " check=" + format_duration(unit.check_interval);
    if (unit.rule_for != Duration{0}) text += " rule=" + format_duration(unit.rule_for);
    if (!unit.published) text += " published=no";
    if (!unit.needs.empty()) text += fmt::format(" needs={}", fmt::join(unit.needs, ","));
    if (!unit.network_of.empty()) text += " network=" + unit.network_of;
    text += field_settings(unit);
    for (const auto& [name, value] : unit.labels) text += " " + quoted(name + "=" + value);
    text += "\n";
  }
  for (const Happening& happening : script.happenings) text += to_text(happening) + "\n";
  return text;
}

Result<Script> parse_script(const std::string& text) {
  Script script;
  std::istringstream lines(text);
  std::string raw;
  for (std::size_t number = 1; std::getline(lines, raw); ++number) {
    std::vector<std::string> words = words_of(raw.substr(0, raw.find('#')));
    if (words.empty()) continue;
    Line line(std::move(words), number);
    parse_line(script, line);
    if (!line.fault().empty()) return failure(ErrorCode::InvalidInput, line.fault());
  }
  const auto known = [&script](const std::string& name) {
    return name.empty() || std::any_of(script.units.begin(), script.units.end(),
                                       [&](const Unit& unit) { return unit.name == name; });
  };
  for (const Unit& unit : script.units) {
    for (const std::string& needed : unit.needs)
      if (!known(needed))
        return failure(ErrorCode::InvalidInput, unit.name + " needs an unknown unit " + needed);
    if (!known(unit.network_of))
      return failure(ErrorCode::InvalidInput,
                     unit.name + " uses the network of an unknown unit " + unit.network_of);
  }
  for (const Happening& happening : script.happenings)
    if (!known(happening.unit)) return failure(ErrorCode::InvalidInput, "there is no unit " + happening.unit);
  std::stable_sort(script.happenings.begin(), script.happenings.end(),
                   [](const Happening& a, const Happening& b) { return a.at < b.at; });
  return script;
}

double container_hours(const Script& script) {
  return std::chrono::duration<double, std::ratio<3600>>(script.length).count() *
         static_cast<double>(script.units.size());
}

}  // namespace healer::simulation
