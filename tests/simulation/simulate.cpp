// Runs healer in simulated worlds with injected faults and prints a scoreboard. See docs/judgement.md.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "generate.hpp"
#include "replay/replay.hpp"
#include "shrink.hpp"
#include "simulation.hpp"

namespace healer::simulation {
namespace {

struct Arguments {
  std::optional<double> hours;    ///< 100,000 hours if neither hours nor seconds is given
  std::optional<double> seconds;  ///< by the wall clock; with hours, the first limit reached counts
  std::uint64_t seed = 1;
  unsigned jobs = 2;
  unsigned shrink_runs = 2000;
  bool naive = false;
  bool json = false;
  bool trace = false;
  bool print = false;
  bool repeat = false;
  bool all = false;
  bool orders = false;
  bool only_replaces = false;
  std::optional<std::string> digests;
  std::optional<std::string> expect_digests;
  std::optional<std::string> replay;
  std::string record;
  std::optional<int> expect_broken;
  Guard guard = Guard::Healer;
  std::map<std::string, std::string> settings;
  std::set<std::string> without;
};

constexpr const char* usage = R"(usage: simulate [OPTION]...
  --hours N          simulate N container-hours (default 100000)
  --seconds N        run for N seconds by the wall clock; with --hours, the first limit reached counts
  --seed S           number of the first world (default 1); "random" draws and prints one
  --jobs N           run N worlds at the same time (default 2)
  --naive            also run the same worlds with two naive policies
  --set NAME=VALUE   set a setting of healer in all worlds, by its environment variable
  --only-replaces    the engine of all worlds can replace an instance, and neither restart nor start one
  --without WHAT     leave out every happening WHAT of the scripts (clock, die, ...)
  --json             print each scoreboard as one JSON line
  --run FILE         run the script in FILE once; exit 1 when an invariant is broken
  --orders           with --run: print one line per order and notification, and nothing else
  --record NAME      with --run: record process N of healer to NAME.N.jsonl, and replay each recording
  --all              continue after a broken world, and name each broken world
  --digests FILE     write one line per world: its number and the digest of its orders and notifications
  --expect-digests FILE  succeed only when each world of the run has the digest that FILE gives it
  --print            print the script of world S and exit
  --trace            with --run, or for a broken world: print a trace of events, effects and orders
  --expect-broken N  succeed only when a world breaks invariant N; other invariants do not count
  --repeat           run world S twice, and succeed only when both runs are the same
)";

[[noreturn]] void wrong(const std::string& what) {
  std::cerr << "simulate: " << what << "\n" << usage;
  std::exit(2);
}

Arguments parse(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 >= words.size()) wrong(word + " needs a value");
      return words[++i];
    };
    const auto number = [&] {
      const std::string& text = value();
      try {
        return std::stod(text);
      } catch (const std::exception&) {
        wrong("\"" + text + "\" is no number");
      }
    };
    if (word == "--hours") {
      arguments.hours = number();
    } else if (word == "--seconds") {
      arguments.seconds = number();
    } else if (word == "--seed") {
      const std::string& text = value();
      arguments.seed = text == "random" ? std::random_device{}() : std::strtoull(text.c_str(), nullptr, 10);
    } else if (word == "--jobs") {
      arguments.jobs = std::max(1u, static_cast<unsigned>(number()));
    } else if (word == "--only-replaces") {
      arguments.only_replaces = true;
    } else if (word == "--naive") {
      arguments.naive = true;
    } else if (word == "--json") {
      arguments.json = true;
    } else if (word == "--repeat") {
      arguments.repeat = true;
    } else if (word == "--all") {
      arguments.all = true;
    } else if (word == "--trace") {
      arguments.trace = true;
    } else if (word == "--print") {
      arguments.print = true;
    } else if (word == "--run") {
      arguments.replay = value();
    } else if (word == "--orders") {
      arguments.orders = true;
    } else if (word == "--record") {
      arguments.record = value();
    } else if (word == "--expect-broken") {
      arguments.expect_broken = static_cast<int>(number());
    } else if (word == "--digests") {
      arguments.digests = value();
    } else if (word == "--expect-digests") {
      arguments.expect_digests = value();
    } else if (word == "--set") {
      const std::string& text = value();
      const auto at = text.find('=');
      if (at == std::string::npos) wrong("--set takes NAME=VALUE");
      arguments.settings[text.substr(0, at)] = text.substr(at + 1);
    } else if (word == "--without") {
      arguments.without.insert(value());
    } else if (word == "--help") {
      std::cout << usage;
      std::exit(0);
    } else {
      wrong("unknown option " + word);
    }
  }
  return arguments;
}

struct BrokenWorld {
  std::uint64_t seed = 0;
  Broken broken;
};

struct Result {
  Score score;
  std::optional<BrokenWorld> broken;  ///< the broken world with the lowest seed
  std::size_t broken_worlds = 0;
  std::map<std::uint64_t, std::uint64_t> digests;  ///< by world
  double seconds = 0;
};

/// Every tenth world gives its events to a second core as well, to check that a record replays.
Options options_of(const Arguments& arguments, Guard guard, std::uint64_t seed) {
  Options options;
  options.guard = guard;
  options.mirrored = guard == Guard::Healer && seed % 10 == 0;
  options.settings = arguments.settings;
  options.only = arguments.expect_broken;
  return options;
}

Script world_of(const Arguments& arguments, std::uint64_t seed) {
  Script script = generate(seed);
  script.only_replaces = arguments.only_replaces;
  std::erase_if(script.happenings,
                [&](const Happening& one) { return arguments.without.count(to_string(one.what)) != 0; });
  return script;
}

/// Runs worlds in the order of their numbers until one of the limits is reached.
Result run_worlds(const Arguments& arguments, Guard guard, std::optional<double> hours,
                  std::optional<double> seconds) {
  std::mutex mutex;
  Result result;
  std::uint64_t next = arguments.seed;
  double begun = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const auto work = [&] {
    for (;;) {
      std::uint64_t seed;
      {
        const std::lock_guard lock(mutex);
        const bool ended = (hours && begun >= *hours) || (seconds && elapsed() >= *seconds);
        if (ended || (result.broken && !arguments.all)) return;
        seed = next++;
      }
      const Script script = world_of(arguments, seed);
      {
        const std::lock_guard lock(mutex);
        begun += container_hours(script);
      }
      Outcome outcome = run(script, options_of(arguments, guard, seed));
      const std::lock_guard lock(mutex);
      result.score.add(outcome.score);
      result.digests[seed] = outcome.digest;
      if (!outcome.broken) continue;
      ++result.broken_worlds;
      if (arguments.all)
        fmt::print("world {} breaks invariant {}: {}\n", seed, outcome.broken->invariant,
                   outcome.broken->what);
      if ((!result.broken || seed < result.broken->seed)) result.broken = BrokenWorld{seed, *outcome.broken};
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < arguments.jobs; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  result.seconds = elapsed();
  return result;
}

void write_digests(const std::string& path, const Result& result) {
  std::ofstream file(path);
  for (const auto& [seed, digest] : result.digests) file << fmt::format("{} {:016x}\n", seed, digest);
  file.close();
  if (!file) wrong("cannot write " + path);
}

/// Prints each world whose digest differs from the file's, and returns their number.
std::size_t compare_digests(const std::string& path, const Result& result) {
  std::ifstream file(path);
  std::map<std::uint64_t, std::uint64_t> expected;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::uint64_t seed = 0;
    if (words >> seed >> std::hex) words >> expected[seed];
  }
  if (expected.empty()) wrong("cannot read digests from " + path);
  std::size_t others = 0;
  for (const auto& [seed, digest] : result.digests) {
    const auto found = expected.find(seed);
    if (found != expected.end() && found->second == digest) continue;
    ++others;
    fmt::print("world {} has digest {:016x}, not {}\n", seed, digest,
               found == expected.end() ? "any in the file" : fmt::format("{:016x}", found->second));
  }
  fmt::print("{} of {} worlds have another digest than in {}\n", others, result.digests.size(), path);
  return others;
}

const char* name_of(Guard guard) {
  switch (guard) {
    case Guard::Healer:
      return "healer";
    case Guard::ThreeFailures:
      return "three-failures";
    case Guard::EachUnhealthy:
      return "each-unhealthy";
  }
  return "?";
}

void print(const char* name, const Result& result, bool json) {
  const Score& score = result.score;
  const double per_thousand = score.hours > 0 ? 1000 / score.hours : 0;
  if (json) {
    fmt::print(
        "{{\"guard\":\"{}\",\"hours\":{:.0f},\"seconds\":{:.2f},\"episodes\":{},\"curable\":{},\"healed\":{},"
        "\"missed\":{},\"unhealthy_hours\":{:.1f},\"heal_median\":{:.1f},\"heal_p95\":{:.1f},"
        "\"notifications\":{}",
        name, score.hours, result.seconds, score.episodes, score.curable, score.healed, score.missed,
        score.unhealthy_hours, score.heal_quantile(0.5), score.heal_quantile(0.95), score.notifications);
    for (std::size_t i = 0; i < worths; ++i)
      fmt::print(",\"{}\":{}", to_string(static_cast<Worth>(i)), score.remedies[i]);
    fmt::print("}}\n");
    return;
  }
  fmt::print("{}: {:.0f} container-hours in {} worlds, {:.1f} s: {:.0f} container-hours a second\n", name,
             score.hours, score.worlds, result.seconds, score.hours / result.seconds);
  fmt::print("  {} probes, {} engine events, {} steps, {} happenings, healer killed {} times\n", score.probes,
             score.engine_events, score.steps, score.happenings, score.kills);
  fmt::print("  {} episodes, {} curable, {} healed by a remedy, {} missed, {:.2f} hours unhealthy per 1000\n",
             score.episodes, score.curable, score.healed, score.missed, score.unhealthy_hours * per_thousand);
  fmt::print("  time to heal: median {:.0f} s, 95 % within {:.0f} s\n", score.heal_quantile(0.5),
             score.heal_quantile(0.95));
  fmt::print("  {} remedies; {} wrong ({:.2f} per 1000 container-hours):", score.all_remedies(),
             score.wrong(), static_cast<double>(score.wrong()) * per_thousand);
  for (std::size_t i = 0; i < worths; ++i)
    fmt::print(" {} {}{}", score.remedies[i], to_string(static_cast<Worth>(i)), i + 1 < worths ? "," : "\n");
  fmt::print(
      "  {:.2f} right for each wrong; {} more remedies because an operator asked for them\n",
      score.wrong() > 0 ? static_cast<double>(score.right()) / static_cast<double>(score.wrong()) : 0.0,
      score.asked_for);
  fmt::print("  {} notifications, {:.2f} per episode\n", score.notifications,
             score.episodes > 0
                 ? static_cast<double>(score.notifications) / static_cast<double>(score.episodes)
                 : 0.0);
}

void print_trace(const Script& script, Options options) {
  options.trace = true;
  for (const std::string& line : run(script, options).trace) std::cout << line << "\n";
}

/// Prints the broken world's seed and the shortest script that breaks the same invariant.
void report(const Arguments& arguments, const BrokenWorld& found) {
  fmt::print("\nBROKEN invariant {} in world {}: {}\n", found.broken.invariant, found.seed,
             found.broken.what);
  Options options = options_of(arguments, Guard::Healer, found.seed);
  const auto broken = [&](const Script& script) {
    const auto outcome = run(script, options);
    return outcome.broken && outcome.broken->invariant == found.broken.invariant;
  };
  Script script = world_of(arguments, found.seed);
  // What comes after the break cannot have caused it.
  const Duration length = (found.broken.at - Instant{Duration{1'790'000'000'000}}) + 1s;
  script.length = std::min(script.length, length);
  std::erase_if(script.happenings, [&](const Happening& one) { return one.at >= script.length; });
  if (!broken(script)) script = world_of(arguments, found.seed);
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  script = shrink(
      std::move(script),
      [&](const Script& smaller) { return std::chrono::steady_clock::now() < until && broken(smaller); },
      arguments.shrink_runs);
  fmt::print(
      "\nthe shortest script found that breaks it; to make it a regression test, write it to\n"
      "tests/simulation/regressions/NAME.txt:\n\n# invariant {}: {}\n{}\n",
      found.broken.invariant, run(script, options).broken->what, to_text(script));
  if (arguments.trace) print_trace(script, options);
}

/// Succeeds if each recording gives the recorded effects again.
bool replay_all(const std::vector<std::string>& recordings) {
  bool same = true;
  for (const std::string& path : recordings) {
    replay::ReplayRequest request;
    request.file = path;
    std::ostringstream out;
    same = replay::replay_file(request, out, std::cerr) == replay::replayed_same && same;
    const std::string text = out.str();
    const auto last = text.rfind('\n', text.empty() ? 0 : text.size() - 2);
    fmt::print("{}: {}", path, text.substr(last == std::string::npos ? 0 : last + 1));
  }
  return same;
}

int run_file(const Arguments& arguments) {
  std::ifstream file(*arguments.replay);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) wrong("cannot read " + *arguments.replay);
  const auto script = parse_script(text.str());
  if (!script) wrong(*arguments.replay + ": " + script.error().message);
  Options options;
  options.mirrored = true;
  options.settings = arguments.settings;
  options.record = arguments.record;
  options.orders = arguments.orders;
  Outcome outcome;
  try {
    outcome = run(*script, options);
  } catch (const std::runtime_error& error) {
    wrong(error.what());
  }
  options.record.clear();
  if (arguments.trace) print_trace(*script, options);
  for (const std::string& line : outcome.orders) std::cout << line << "\n";
  if (!arguments.orders) print("healer", Result{outcome.score, std::nullopt, 0, {}, 1}, arguments.json);
  const bool replayed = replay_all(outcome.recordings);
  if (!outcome.broken) return replayed ? 0 : 1;
  fmt::print("BROKEN invariant {}: {}\n", outcome.broken->invariant, outcome.broken->what);
  return 1;
}

int simulate(const Arguments& arguments) {
  if (!arguments.replay && (arguments.orders || !arguments.record.empty()))
    wrong("--orders and --record need --run");
  if (arguments.replay) return run_file(arguments);
  if (arguments.print) {
    std::cout << to_text(world_of(arguments, arguments.seed));
    return 0;
  }
  if (arguments.repeat) {
    const Script script = world_of(arguments, arguments.seed);
    const Options options = options_of(arguments, Guard::Healer, arguments.seed);
    const Outcome once = run(script, options), again = run(script, options);
    const bool same = once.digest == again.digest && once.score.steps == again.score.steps;
    fmt::print("world {}: {} steps; {}\n", arguments.seed, once.score.steps,
               same ? "both runs were the same" : "the second run differed");
    return same ? 0 : 1;
  }
  fmt::print("worlds from seed {}\n", arguments.seed);
  const std::optional<double> hours = arguments.hours || arguments.seconds ? arguments.hours : 100'000.0;
  const Result healer = run_worlds(arguments, Guard::Healer, hours, arguments.seconds);
  print("healer", healer, arguments.json);
  if (arguments.digests) write_digests(*arguments.digests, healer);
  if (arguments.expect_digests && compare_digests(*arguments.expect_digests, healer) > 0) return 1;
  if (arguments.expect_broken) {
    const bool caught = healer.broken && healer.broken->broken.invariant == *arguments.expect_broken;
    if (healer.broken)
      fmt::print("world {} breaks invariant {}: {}\n", healer.broken->seed, healer.broken->broken.invariant,
                 healer.broken->broken.what);
    fmt::print("{}\n", caught ? "caught, as expected" : "not caught");
    return caught ? 0 : 1;
  }
  if (arguments.all) {
    fmt::print("{} of {} worlds break an invariant\n", healer.broken_worlds, healer.score.worlds);
    if (healer.broken) return 1;
  }
  if (healer.broken) {
    report(arguments, *healer.broken);
    return 1;
  }
  if (arguments.naive)
    for (const Guard guard : {Guard::ThreeFailures, Guard::EachUnhealthy})
      print(name_of(guard), run_worlds(arguments, guard, healer.score.hours, {}), arguments.json);
  return 0;
}

}  // namespace
}  // namespace healer::simulation

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return healer::simulation::simulate(
      healer::simulation::parse(std::vector<std::string>(argv + 1, argv + argc)));
}
