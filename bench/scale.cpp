// Measures healer with 10, 100, 1,000 and 10,000 containers from outside: a fake engine on a unix socket,
// target servers on loopback, the healer binary as a child process with CHECK_INTERVAL=1.
//
//     scale HEALER [SECONDS [COUNT...]]      default 15 10 100 1000 10000
//
// The target servers count checks and gaps, memory and CPU are read from /proc, reactions are timed on the
// engine's socket. Exits 1 when a goal of bench/README.md is missed.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "board.hpp"
#include "child_process.hpp"
#include "engine_json.hpp"
#include "fake_engine.hpp"
#include "loopback_server.hpp"

namespace healer::bench {
namespace {

constexpr std::size_t listener_count = 16;
constexpr std::size_t reaction_containers = 2000;
constexpr std::uint32_t reaction_count = 300;
constexpr std::int64_t second = 1'000'000'000;

struct Goals {
  double achieved = 0.99;
  double gap_seconds = 1.2;
  double resident_mib = 64;
  double cost_growth = 1.2;
  double first_check_seconds = 0.5;
  double reaction_p99_ms = 5;
};
constexpr Goals goals;

struct Measured {
  std::size_t targets = 0;
  double achieved = 0;
  double longest_gap = 0;    // s
  double first_check = 0;    // s after the start
  double all_checked = 0;    // s after the start
  double cpu_per_check = 0;  // us
  double resident = 0;       // MiB
  double peak = 0;           // MiB
  double needless_restarts = 0;
};

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "healer-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      std::perror("mkdtemp");
      std::exit(1);
    }
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void count_request(Board& board, std::string_view path) {
  constexpr std::string_view prefix = "/t/";
  std::size_t target = 0;
  if (!path.starts_with(prefix)) return;
  path.remove_prefix(prefix.size());
  if (std::from_chars(path.data(), path.data() + path.size(), target).ec == std::errc{})
    board.count_check(target, now_ns());
}

/// One healer process with its fake engine and target servers; the destructor ends them all.
class Stage {
 public:
  Stage(const std::string& healer, std::size_t targets, bool engine_probes) : board(Board::create()) {
    std::vector<int> listeners;
    std::vector<FakeContainer> containers(targets);
    const std::int64_t three_days_ago = unix_ns() - 3 * 24 * 3600 * second;
    for (std::size_t i = 0; i < listener_count && !engine_probes; ++i)
      listeners.push_back(listen_on("127.0.1." + std::to_string(i + 1), 0));
    for (std::size_t i = 0; i < targets; ++i) {
      containers[i].number = i;
      containers[i].started = three_days_ago;
      if (engine_probes) continue;
      const std::size_t at = i % listener_count;
      containers[i].address = "127.0.1." + std::to_string(at + 1);
      containers[i].port = port_of(listeners[at]);
    }
    Board& shared = board;
    if (!engine_probes)
      children_.push_back(in_child([&] {
        serve_forever(listeners, [&shared](std::string_view path) { count_request(shared, path); });
      }));
    for (const int listener : listeners) ::close(listener);
    const std::string socket = folder_.file("engine.sock");
    children_.push_back(in_child([&] { run_fake_engine(socket, containers, shared); }));
    wait("the fake engine", 10, [&] { return std::filesystem::exists(socket); });
    started = now_ns();
    program.emplace(healer, std::vector<std::string>{},
                    ChildProgram::Environment{{"DOCKER_HOST", "unix://" + socket},
                                              {"CHECK_INTERVAL", "1"},
                                              {"HEALER_LISTEN", "off"},
                                              {"HEALER_STATE", folder_.file("healer.db")},
                                              {"HEALER_ADMIN_SOCKET", folder_.file("admin.sock")},
                                              {"LOG_FORMAT", "json"}},
                    folder_.file("healer.log"));
  }

  ~Stage() {
    program.reset();
    for (const int child : children_) end_child(child);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// Waits until the condition is true, looking every few milliseconds; ends the program after `seconds`.
  template <class Condition>
  void wait(const char* what, int seconds, Condition condition) {
    const std::int64_t limit = now_ns() + seconds * second;
    while (!condition()) {
      const bool gone = program && !program->running();
      if (gone || now_ns() > limit) {
        std::fprintf(stderr, "%s: %s. The end of healer's log:\n", what,
                     gone ? "healer ended" : "not within the limit");
        print_log_end();
        std::exit(1);
      }
      ::usleep(2000);
    }
  }

  Board& board;
  std::int64_t started = 0;
  std::optional<ChildProgram> program;

 private:
  void print_log_end() const {
    std::ifstream file(folder_.file("healer.log"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    for (std::size_t i = lines.size() > 20 ? lines.size() - 20 : 0; i < lines.size(); ++i)
      std::fprintf(stderr, "  %.400s\n", lines[i].c_str());
  }

  Folder folder_;
  std::vector<int> children_;
};

double in_seconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e9;
}

Measured measure_checks(const std::string& healer, std::size_t targets, int seconds) {
  Stage stage(healer, targets, false);
  Board& board = stage.board;
  const auto every_target = [&](auto predicate) {
    return std::all_of(board.targets.begin(), board.targets.begin() + static_cast<std::ptrdiff_t>(targets),
                       predicate);
  };
  Measured measured;
  measured.targets = targets;
  stage.wait("a first check of every container", 60, [&] {
    return every_target([](const Board::Target& target) { return target.checks.load() > 0; });
  });
  measured.all_checked = in_seconds(now_ns() - stage.started);
  measured.first_check = in_seconds(board.first_check - stage.started);
  ::usleep(3'000'000);  // wait until the burst of the start is over

  const auto count_all = [&] {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < targets; ++i) sum += board.targets[i].checks.load();
    return sum;
  };
  const std::int64_t from = now_ns();
  board.window_from = from;
  const std::uint64_t checks_before = count_all();
  const std::int64_t cpu_before = stage.program->cpu_ns();
  ::usleep(static_cast<useconds_t>(seconds) * 1'000'000);
  const std::int64_t cpu = stage.program->cpu_ns() - cpu_before;
  const std::uint64_t checks = count_all() - checks_before;
  const std::int64_t to = now_ns();
  board.window_from = 0;

  std::int64_t gap = 0;
  for (std::size_t i = 0; i < targets; ++i)
    gap = std::max({gap, board.targets[i].longest_gap.load(), to - board.targets[i].last.load()});
  const double wanted = static_cast<double>(targets) * in_seconds(to - from);
  measured.achieved = static_cast<double>(checks) / wanted;
  measured.longest_gap = in_seconds(gap);
  measured.cpu_per_check = checks == 0 ? 0 : static_cast<double>(cpu) / 1e3 / static_cast<double>(checks);
  measured.resident = static_cast<double>(stage.program->resident_kib()) / 1024;
  measured.peak = static_cast<double>(stage.program->peak_kib()) / 1024;
  measured.needless_restarts = static_cast<double>(board.unexplained_orders.load());
  return measured;
}

/// Reaction times in milliseconds, sorted.
std::vector<double> measure_reactions(const std::string& healer) {
  Stage stage(healer, reaction_containers, true);
  Board& board = stage.board;
  stage.wait("inspects of every container and the event stream", 60,
             [&] { return board.streams > 0 && board.inspects >= reaction_containers; });
  ::usleep(2'000'000);  // wait until healer is idle
  board.reactions_wanted = reaction_count;
  stage.wait("the reactions", 120, [&] { return board.reactions_done >= reaction_count; });
  if (board.reactions_missed > 0)
    std::fprintf(stderr, "%u of %u unhealthy events led to no restart in time\n",
                 board.reactions_missed.load(), reaction_count);
  std::vector<double> milliseconds;
  for (std::uint32_t i = 0; i < reaction_count; ++i)
    milliseconds.push_back(static_cast<double>(board.reaction[i]) / 1e6);
  std::sort(milliseconds.begin(), milliseconds.end());
  return milliseconds;
}

double percentile(const std::vector<double>& sorted, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(at, sorted.size() - 1)];
}

class Verdicts {
 public:
  void at_most(const char* what, double seen, double wanted, const char* unit) {
    row(what, seen, "<=", wanted, unit, seen <= wanted);
  }
  void at_least(const char* what, double seen, double wanted, const char* unit) {
    row(what, seen, ">=", wanted, unit, seen >= wanted);
  }
  bool all_met() const { return all_met_; }

 private:
  void row(const char* what, double seen, const char* sign, double wanted, const char* unit, bool met) {
    std::printf("| %s | %.2f %s | %s %.2f %s | %s |\n", what, seen, unit, sign, wanted, unit,
                met ? "met" : "**missed**");
    all_met_ = all_met_ && met;
  }
  bool all_met_ = true;
};

// For 10,000 connections on each side; the child processes inherit the limit.
void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int run(int count, char** values) {
  if (count < 2) {
    std::fprintf(stderr, "usage: %s HEALER [SECONDS [COUNT...]]\n", values[0]);
    return 2;
  }
  const std::string healer = values[1];
  const int seconds = count > 2 ? std::max(1, std::atoi(values[2])) : 15;
  std::vector<std::size_t> sizes;
  for (int i = 3; i < count; ++i)
    sizes.push_back(std::clamp<std::size_t>(std::strtoull(values[i], nullptr, 10), 1, Board::max_targets));
  if (sizes.empty()) sizes = {10, 100, 1000, 10'000};
  raise_descriptor_limit();

  std::printf("### Scale: every container checked once a second\n\n");
  std::printf(
      "| containers | checks achieved | longest gap | start to first check | all checked | CPU per check | "
      "RSS | peak RSS |\n");
  std::printf("|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  std::vector<Measured> all;
  for (const std::size_t size : sizes) {
    const Measured m = all.emplace_back(measure_checks(healer, size, seconds));
    std::printf("| %zu | %.1f %% | %.2f s | %.3f s | %.2f s | %.1f us | %.1f MiB | %.1f MiB |\n", m.targets,
                m.achieved * 100, m.longest_gap, m.first_check, m.all_checked, m.cpu_per_check, m.resident,
                m.peak);
    std::fflush(stdout);
  }
  const std::vector<double> reactions = measure_reactions(healer);
  std::printf("\n### Reaction: event `health_status: unhealthy` to the restart on the engine's socket\n\n");
  std::printf(
      "| events | p50 | p99 | longest |\n|---:|---:|---:|---:|\n| %zu | %.2f ms | %.2f ms | %.2f ms |\n",
      reactions.size(), percentile(reactions, 0.5), percentile(reactions, 0.99), reactions.back());

  std::printf("\n### Goals\n\n| what | measured | wanted | |\n|---|---:|---:|---|\n");
  Verdicts verdicts;
  const auto worst = [&](auto field) {
    return (*std::max_element(all.begin(), all.end(),
                              [&](const Measured& a, const Measured& b) { return a.*field < b.*field; })).*
           field;
  };
  const auto least_achieved = *std::min_element(
      all.begin(), all.end(), [](const Measured& a, const Measured& b) { return a.achieved < b.achieved; });
  verdicts.at_least("checks achieved, worst size", least_achieved.achieved * 100, goals.achieved * 100, "%");
  verdicts.at_most("longest gap of one target, worst size", worst(&Measured::longest_gap), goals.gap_seconds,
                   "s");
  verdicts.at_most("restarts of healthy containers, worst size", worst(&Measured::needless_restarts), 0, "");
  verdicts.at_most("resident memory, largest size", all.back().resident, goals.resident_mib, "MiB");
  const auto hundred =
      std::find_if(all.begin(), all.end(), [](const Measured& m) { return m.targets == 100; });
  if (hundred != all.end() && all.back().targets > 100)
    verdicts.at_most("CPU per check, largest size against 100",
                     all.back().cpu_per_check / hundred->cpu_per_check, goals.cost_growth, "x");
  verdicts.at_most("start to first check, largest size", all.back().first_check, goals.first_check_seconds,
                   "s");
  verdicts.at_most("reaction, p99", percentile(reactions, 0.99), goals.reaction_p99_ms, "ms");
  return verdicts.all_met() ? 0 : 1;
}

}  // namespace
}  // namespace healer::bench

int main(int count, char** values) {
  return healer::bench::run(count, values);
}
