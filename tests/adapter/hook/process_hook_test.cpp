// Tests of commands on the host: their environment, their result, and that none runs past its deadline.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

#include "hook/process_hook.hpp"
#include "net/loop.hpp"
#include "support/growing_deadline.hpp"
#include "support/loop_wait.hpp"
#include "support/wait.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

struct Bench {
  net::Loop loop;
  std::optional<ProcessHook> hooks;

  explicit Bench(std::map<std::string, std::string> environment = {{"PATH", "/usr/bin:/bin"}}) {
    hooks.emplace(loop, std::move(environment));
  }

  HookResult run(HookCall call) {
    std::optional<HookResult> result;
    hooks->run(std::move(call), [&](HookResult ended) {
      CHECK(!result);
      result = std::move(ended);
    });
    CHECK(!result);
    REQUIRE(run_until(loop, [&] { return result.has_value(); }));
    return *result;
  }
  HookResult sh(const std::string& script, Duration deadline = 60s) {
    return run({{"/bin/sh", "-c", script}, {}, deadline});
  }
  /// A command that its deadline ends, but only after the command has printed "ready".
  HookResult cut_short(const std::string& script) {
    return with_growing_deadline(
        200ms, [&](Duration deadline) { return sh(script, deadline); },
        [](const HookResult& result) { return result.output.ends_with("ready"); });
  }
};

bool alive(pid_t pid) {
  if (::kill(pid, 0) != 0) return false;
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(stat, text);
  const auto close = text.rfind(')');
  return close != std::string::npos && text.substr(close + 2, 1) != "Z";  // a zombie counts as dead
}

}  // namespace

TEST_CASE("a result has exit code, signal and both streams") {
  Bench bench;
  const HookResult fine = bench.sh("echo one; echo two >&2");
  CHECK(fine.exit_code == 0);
  CHECK(fine.signal == 0);
  CHECK(!fine.timed_out);
  CHECK(fine.output == "one\ntwo");
  CHECK(to_string(fine, 1s) == "exit code 0");
  CHECK(bench.sh("exit 3").exit_code == 3);
  const HookResult killed = bench.sh("kill -9 $$");
  CHECK(killed.signal == SIGKILL);
  CHECK(killed.exit_code == -1);
  CHECK(to_string(killed, 1s) == "signal 9");
}

TEST_CASE("arguments reach the command unchanged, without a shell") {
  Bench bench;
  const HookResult result = bench.run(
      {{"/bin/sh", "-c", "for a in \"$@\"; do echo \"[$a]\"; done", "x", "a b", "$HOME;`id`", ""}, {}, 60s});
  CHECK(result.output == "[a b]\n[$HOME;`id`]\n[]");
}

TEST_CASE("a command name without a slash is found in PATH") {
  Bench bench;
  CHECK(bench.run({{"sh", "-c", "echo here"}, {}, 60s}).output == "here");
}

TEST_CASE("a command inherits what programs need, variables that begin with HOOK_, and no other") {
  Bench bench({{"PATH", "/usr/bin:/bin"},
               {"LC_ALL", "C"},
               {"HOOK_KEPT", "1"},
               {"HOOK_CHANGED", "old"},
               {"SLACK_WEBHOOK_URL", "secret"},
               {"HEALER_HTTP_TOKEN", "secret"},
               {"OTHER", "x"}});
  const HookResult result = bench.run({{"/bin/sh", "-c", "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort"},
                                       {{"HOOK_CHANGED", "new"}, {"HEALER_HOOK", "after"}},
                                       60s});
  CHECK(result.output == "HEALER_HOOK=after\nHOOK_CHANGED=new\nHOOK_KEPT=1\nLC_ALL=C\nPATH=/usr/bin:/bin");
}

TEST_CASE("the command has no input, its own process group and no descriptor of healer's") {
  Bench bench;
  const int open = ::dup(STDOUT_FILENO);  // without close-on-exec, as a library might open it
  const HookResult result = bench.sh(
      "read line; echo \"read=$?\"; ls /proc/self/fd | wc -l; ps -o pgid= -p $$ | tr -d ' '; echo $$");
  ::close(open);
  CHECK(result.output.starts_with("read=1\n"));
  // Descriptors 0, 1, 2, and the folder that ls reads.
  CHECK(result.output.find("read=1\n4\n") == 0);
  CHECK(bench.sh("kill -PIPE $$; echo survived").signal == SIGPIPE);  // unlike in the daemon, not ignored
}

TEST_CASE("a command that cannot be started gives the reason") {
  Bench bench;
  const HookResult missing = bench.run({{"/no/such/program"}, {}, 60s});
  CHECK(!missing.error.empty());
  CHECK(missing.exit_code == -1);
  CHECK(to_string(missing, 1s).starts_with("not started: "));
}

TEST_CASE("at the deadline the command and its children are ended") {
  Bench bench;
  const HookResult result = bench.cut_short("sleep 1000 & echo $!; echo $$; echo ready; wait");
  CHECK(result.timed_out);
  CHECK(to_string(result, 300ms) == "ended after 300ms");
  const auto line = result.output.find('\n');
  REQUIRE(line != std::string::npos);
  const pid_t child = std::stoi(result.output.substr(0, line));
  const pid_t leader = std::stoi(result.output.substr(line + 1));
  wait_until("both are gone", [&] { return !alive(child) && !alive(leader); });
}

TEST_CASE("a command that ignores TERM is killed") {
  Bench bench;
  const HookResult result = bench.cut_short("trap '' TERM; echo ready; while :; do sleep 1; done");
  CHECK(result.timed_out);
  CHECK(result.signal == SIGKILL);
}

TEST_CASE("output is capped, and the command still ends") {
  Bench bench;
  const HookResult result = bench.sh("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo end");
  CHECK(result.exit_code == 0);
  CHECK(result.output.size() == 16 * 1024);
}

TEST_CASE("output is printable and without secrets") {
  Bench bench;
  const HookResult result = bench.sh("printf 'a\\033[31mb\\nDB_PASSWORD=hunter22\\n'");
  CHECK(result.output.find('\033') == std::string::npos);
  CHECK(result.output.find("hunter22") == std::string::npos);
}

TEST_CASE("a command that leaves a child behind is over when the command itself ends") {
  Bench bench;
  const HookResult result = bench.sh("sleep 30 & echo $!");
  CHECK(result.exit_code == 0);
  ::kill(std::stoi(result.output), SIGKILL);
}

TEST_CASE("many commands at once each give their own result") {
  Bench bench;
  std::vector<int> codes(20, -1);
  for (int i = 0; i < 20; ++i)
    bench.hooks->run({{"/bin/sh", "-c", "exit " + std::to_string(i)}, {}, 60s},
                     [&codes, i](HookResult ended) { codes[static_cast<std::size_t>(i)] = ended.exit_code; });
  REQUIRE(run_until(bench.loop, [&] {
    for (int i = 0; i < 20; ++i)
      if (codes[static_cast<std::size_t>(i)] != i) return false;
    return true;
  }));
}

TEST_CASE("a destroyed runner ends its commands and calls no callback") {
  Bench bench;
  bool called = false;
  const auto file = std::filesystem::temp_directory_path() / ("hook-pid-" + std::to_string(::getpid()));
  bench.hooks->run({{"/bin/sh", "-c", "echo $$ > " + file.string() + "; sleep 1000"}, {}, 600s},
                   [&](HookResult) { called = true; });
  pid_t pid = 0;
  REQUIRE(run_until(bench.loop, [&] {
    std::ifstream in(file);
    return static_cast<bool>(in >> pid);
  }));
  bench.hooks.reset();
  CHECK(!alive(pid));
  bench.loop.context().poll();
  CHECK(!called);
  std::filesystem::remove(file);
}
