// Measures the time from a fault to the first good answer with a real engine: healer, the guide's monitor and
// docker-autoheal's loop, each alone with the same containers. bench/README.md has the goals. bench/heal.sh
// builds and runs it.
//
//     heal [--rounds N] [--only SCENARIO,...] [--contestants healer,guide,autoheal] [--logs FOLDER]
//
// Exits 1 when healer did not heal something or restarted something without need, never because of a time.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "heal_round.hpp"

namespace healer::bench {
namespace {

constexpr std::chrono::milliseconds interval{1000};
constexpr std::size_t most_rounds = 1000;

const std::vector<Contestant> everyone = {Contestant::Healer, Contestant::Guide, Contestant::Autoheal};

struct Options {
  std::size_t rounds = 5;
  std::vector<Scenario> scenarios;
  std::vector<Contestant> contestants;
  std::string logs;  ///< folder; empty: none are kept
};

/// The rounds of one contestant in one scenario.
struct Series {
  std::vector<double> seconds;
  std::vector<double> notifications;
  std::size_t not_healed = 0;
  int unneeded = 0;
};
using Results = std::map<std::pair<std::string, Contestant>, Series>;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    all.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

/// Those of `all` whose key is in the list; throws for a key that none has.
template <class Value, class Key>
std::vector<Value> chosen(const std::vector<Value>& all, const std::string& list, Key key) {
  std::vector<Value> found;
  for (const std::string& wanted : split(list)) {
    const auto one =
        std::find_if(all.begin(), all.end(), [&](const Value& value) { return key(value) == wanted; });
    if (one == all.end()) {
      std::string keys;
      for (const Value& value : all) keys += (keys.empty() ? "" : ", ") + key(value);
      throw std::invalid_argument(fmt::format("'{}' is not one of {}", wanted, keys));
    }
    found.push_back(*one);
  }
  return found;
}

Options read_options(const std::vector<std::string>& arguments) {
  Options options{5, scenarios(), everyone, {}};
  for (std::size_t at = 0; at < arguments.size(); at += 2) {
    const std::string& name = arguments[at];
    if (at + 1 == arguments.size()) throw std::invalid_argument(name + " needs a value");
    const std::string& value = arguments[at + 1];
    if (name == "--rounds") {
      const auto read = std::from_chars(value.data(), value.data() + value.size(), options.rounds);
      if (read.ec != std::errc() || read.ptr != value.data() + value.size() || options.rounds == 0 ||
          options.rounds > most_rounds)
        throw std::invalid_argument(fmt::format("--rounds {}: 1 to {} are accepted", value, most_rounds));
    } else if (name == "--only") {
      options.scenarios = chosen(scenarios(), value, [](const Scenario& one) { return one.key; });
    } else if (name == "--contestants") {
      options.contestants = chosen(everyone, value, name_of);
    } else if (name == "--logs") {
      options.logs = value;
    } else {
      throw std::invalid_argument(name +
                                  " is not known; there are --rounds, --only, --contestants and --logs");
    }
  }
  return options;
}

void keep_log(const Options& options, const std::string& file, const std::string& text) {
  if (!options.logs.empty()) std::ofstream(options.logs + "/" + file) << text;
}

/// A contestant that has not healed once will not do so in the next round: only healer's rounds go on.
Series measure(testing::Lab& lab, const Options& options, Contestant contestant, const Scenario& scenario) {
  Series series;
  const Scene scene(lab, contestant, scenario.shape);
  for (std::size_t number = 0; number < options.rounds; ++number) {
    if (series.not_healed > 0 && contestant != Contestant::Healer) break;
    const std::string label = fmt::format("{}-{}-{}", scenario.key, name_of(contestant), number + 1);
    // Evenly spread over the interval, so that the faults meet every phase of the checks.
    const auto phase = interval * (2 * number + 1) / (2 * options.rounds);
    try {
      const Round round = run_round(scene, contestant, scenario, phase);
      if (round.seconds)
        series.seconds.push_back(*round.seconds);
      else
        ++series.not_healed;
      series.unneeded += round.unneeded;
      series.notifications.push_back(static_cast<double>(round.notifications));
      keep_log(options, label + ".log", round.log);
      fmt::print(stderr, "{}: {}, {} unneeded restarts, {} notifications\n", label,
                 round.seconds ? fmt::format("{:.2f} s", *round.seconds) : "not healed", round.unneeded,
                 round.notifications);
    } catch (const std::exception& failed) {
      ++series.not_healed;
      fmt::print(stderr, "{}: not measured: {}\n", label, failed.what());
    }
  }
  return series;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string cell(const Series* series) {
  if (!series) return "";
  if (series->seconds.empty()) return "not healed";
  const std::string time = fmt::format("{:.2f} s", median(series->seconds));
  return series->not_healed == 0 ? time : fmt::format("{}, {} not healed", time, series->not_healed);
}

const Series* find(const Results& results, const std::string& key, Contestant contestant) {
  const auto found = results.find({key, contestant});
  return found == results.end() ? nullptr : &found->second;
}

/// How many times healer's median the faster one of the others takes.
std::string ratio(const Results& results, const std::string& key) {
  const Series* healer = find(results, key, Contestant::Healer);
  std::optional<double> fastest;
  for (const Contestant other : {Contestant::Guide, Contestant::Autoheal}) {
    const Series* series = find(results, key, other);
    if (!series || series->seconds.empty()) continue;
    const double value = median(series->seconds);
    fastest = fastest ? std::min(*fastest, value) : value;
  }
  if (!healer || healer->seconds.empty() || !fastest) return "";
  return fmt::format("{:.1f} x", *fastest / median(healer->seconds));
}

void print_row(const Results& results, const Scenario& scenario) {
  const Series* healer = find(results, scenario.key, Contestant::Healer);
  std::string low;
  std::string high;
  if (healer && !healer->seconds.empty()) {
    const auto [least, most] = std::minmax_element(healer->seconds.begin(), healer->seconds.end());
    low = fmt::format("{:.2f} s", *least);
    high = fmt::format("{:.2f} s", *most);
  }
  fmt::print("| {} | at most {:.1f} s | {} | {} | {} | {} | {} | {} |\n", scenario.title, scenario.goal_s,
             cell(healer), low, high, cell(find(results, scenario.key, Contestant::Guide)),
             cell(find(results, scenario.key, Contestant::Autoheal)), ratio(results, scenario.key));
}

void print_notifications(const Results& results, const Scenario& scenario) {
  if (!scenario.most_notifications) return;
  const auto count = [&](Contestant contestant) {
    const Series* series = find(results, scenario.key, contestant);
    return !series || series->notifications.empty() ? std::string()
                                                    : fmt::format("{:g}", median(series->notifications));
  };
  std::string low;
  std::string high;
  if (const Series* healer = find(results, scenario.key, Contestant::Healer);
      healer && !healer->notifications.empty()) {
    const auto [least, most] =
        std::minmax_element(healer->notifications.begin(), healer->notifications.end());
    low = fmt::format("{:g}", *least);
    high = fmt::format("{:g}", *most);
  }
  fmt::print("| the same: notifications | at most {} | {} | {} | {} | {} | | |\n",
             *scenario.most_notifications, count(Contestant::Healer), low, high, count(Contestant::Guide));
}

/// Prints the table. Returns whether healer healed everything without an unneeded restart.
bool report(const Options& options, const Results& results) {
  fmt::print(
      "| scenario | goal | healer, median | least | most | guide's monitor | docker-autoheal | ratio |\n");
  fmt::print("|---|---:|---:|---:|---:|---:|---:|---:|\n");
  std::map<Contestant, int> unneeded;
  bool good = true;
  for (const Scenario& scenario : options.scenarios) {
    print_row(results, scenario);
    print_notifications(results, scenario);
    for (const Contestant contestant : options.contestants)
      if (const Series* series = find(results, scenario.key, contestant)) {
        unneeded[contestant] += series->unneeded;
        if (contestant == Contestant::Healer) good = good && series->not_healed == 0 && series->unneeded == 0;
      }
  }
  const auto count = [&](Contestant contestant) {
    const auto found = unneeded.find(contestant);
    return found == unneeded.end() ? std::string() : std::to_string(found->second);
  };
  fmt::print("| unneeded restarts in all | 0 | {} | | | {} | {} | |\n", count(Contestant::Healer),
             count(Contestant::Guide), count(Contestant::Autoheal));
  return good;
}

int run(const Options& options) {
  testing::Lab lab{testing::DockerCli()};
  if (lab.docker().unix_socket().empty())
    throw std::runtime_error("the engine must be reached over a unix socket: set DOCKER_HOST");
  Results results;
  for (const Scenario& scenario : options.scenarios)
    for (const Contestant contestant : options.contestants)
      results[{scenario.key, contestant}] = measure(lab, options, contestant, scenario);
  return report(options, results) ? 0 : 1;
}

}  // namespace
}  // namespace healer::bench

int main(int argc, char** argv) {
  try {
    return healer::bench::run(healer::bench::read_options({argv + 1, argv + argc}));
  } catch (const std::invalid_argument& wrong) {
    fmt::print(stderr, "heal: {}\n", wrong.what());
    return 2;
  } catch (const std::exception& failed) {
    fmt::print(stderr, "heal: {}\n", failed.what());
    return 1;
  }
}
