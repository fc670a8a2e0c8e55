#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <doctest/doctest.h>

#include "adapter/replay/world.hpp"
#include "adapter/runtime/bench.hpp"
#include "replay/recorder.hpp"
#include "replay/recording.hpp"
#include "replay/replay.hpp"

using namespace healer;
using namespace healer::testing;
using namespace healer::replay;

namespace {

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/healer-replay-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() {
    for (const char* file : {"/events", "/events.1", "/target"}) std::remove((path + file).c_str());
    rmdir(path.c_str());
  }
  std::string file() const { return path + "/events"; }
};

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Replayed {
  int code = -1;
  std::string out;
  std::string err;
};

Replayed replayed(const std::string& text, ReplayRequest request = {}) {
  request.file = "events";
  request.version = "1";
  std::istringstream in(text);
  std::ostringstream out;
  std::ostringstream err;
  Replayed result;
  result.code = replay_stream(request, in, out, err);
  result.out = out.str();
  result.err = err.str();
  return result;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A recorder whose writes run when the test runs them.
struct Recording {
  Folder folder;
  std::vector<std::function<void()>> posted;
  std::vector<std::string> said;

  RecorderSettings settings(std::uint64_t limit = 64 << 20) {
    RecorderSettings settings;
    settings.path = folder.file();
    settings.limit = limit;
    settings.version = "1";
    settings.post = [this](std::function<void()> work) { posted.push_back(std::move(work)); };
    settings.log = [this](LogLevel, const std::string& line) { said.push_back(line); };
    return settings;
  }
  std::unique_ptr<Recorder> begin(std::uint64_t limit = 64 << 20) {
    auto recorder = Recorder::begin(settings(limit), Instant{}, 1, HostPolicy{}, StoredState{});
    REQUIRE_MESSAGE(recorder.has_value(), (recorder ? "" : recorder.error().message));
    return std::move(*recorder);
  }
  void run_posted() {
    for (const auto& work : std::exchange(posted, {})) work();
  }
  std::string text() const { return content(folder.file()); }
};

/// The recording of a runtime that heals one container, with fakes for everything around it.
std::string recorded_daemon() {
  Recording recording;
  RuntimeSettings settings;
  settings.host.host_name = "h";
  settings.host.channels = {"slack"};
  auto recorder =
      Recorder::begin(recording.settings(), Instant{}, settings.seed, settings.host, StoredState{});
  REQUIRE(recorder.has_value());
  {
    Bench bench(settings);
    bench.observer.stepped = [&](const Event& event, Instant now, const Effects& effects) {
      (*recorder)->step(event, now, effects);
    };
    bench.heal_once();
    REQUIRE(bench.engine.orders.size() == 1);
    bench.engine.orders[0].done({});
    bench.model.restart(bench.containers.at("c1"), By::Healer);
    bench.engine.answer_inspects(bench.containers);
    bench.host.advance(30s);
    bench.store.let_through();
    recording.run_posted();
  }
  recorder->reset();
  CHECK(recording.said.empty());
  return recording.text();
}

std::string recorded_world() {
  Scene scene;
  scene.keep_transcript = false;
  RecordingText text;
  std::string all = text.head("1", scene.now(), scene.seed, scene.host_settings, StoredState{});
  scene.after_step = [&](const Event& event, const Effects& effects) {
    all += text.step(event, scene.now(), effects);
  };
  live_through(scene);
  return all + text.end("healer ended");
}

}  // namespace

TEST_CASE("a daemon's recording replays to the same effects") {
  const std::string text = recorded_daemon();
  const Replayed result = replayed(text);
  CHECK(result.code == replayed_same);
  CHECK(result.err.empty());
  CHECK(has(result.out, "decision web unhealthy: "));
  CHECK(has(result.out, "order web restart: web, container c1: "));
  CHECK(has(result.out, "notification web degraded DEGRADED: "));
  CHECK(has(result.out, ": the same effects\n"));
  CHECK(replayed(text).out == result.out);
}

TEST_CASE("the recording of a whole world replays to the same effects, also when it begins in the middle") {
  CHECK(replayed(recorded_world()).code == replayed_same);

  Scene scene;
  scene.keep_transcript = false;
  live_through(scene);
  scene.restart_healer(false);
  RecordingText text;
  std::string all = text.head("1", scene.now(), scene.seed, scene.host_settings, scene.stored());
  unsigned steps = 0;
  scene.after_step = [&](const Event& event, const Effects& effects) {
    ++steps;
    all += text.step(event, scene.now(), effects);
  };
  scene.connect();
  scene.crash(scene.box("app1"), 1);
  scene.pass(10min);
  REQUIRE(steps > 100);
  const Replayed result = replayed(all);
  CHECK(result.code == replayed_same);
  CHECK(has(result.err, "no closing line"));
}

TEST_CASE("a recording holds no webhook's address") {
  CHECK_FALSE(has(recorded_world(), "hooks.example"));
}

TEST_CASE("one changed byte of a decision, a digest or an input gives a different replay") {
  const std::string text = recorded_daemon();
  const auto changed = [&text](const std::string& part, const std::string& other) {
    std::string copy = text;
    const auto at = copy.rfind(part);
    REQUIRE(at != std::string::npos);
    return copy.replace(at, part.size(), other);
  };
  const Replayed decision = replayed(changed("decision web unhealthy", "decision web unhealthily"));
  CHECK(decision.code == replayed_otherwise);
  CHECK(has(decision.out, "the same event is answered otherwise"));
  CHECK(has(decision.out, "decision web unhealthily"));
  CHECK(has(decision.out, "decision web unhealthy"));
  CHECK(has(decision.out, "NOT the same effects"));

  const auto digest_at = text.rfind("\"digest\":\"") + 10;
  std::string copy = text;
  copy[digest_at] = copy[digest_at] == '0' ? '1' : '0';
  const Replayed digest = replayed(copy);
  CHECK(digest.code == replayed_otherwise);
  CHECK(has(digest.out, "what these words do not show"));

  CHECK(replayed(changed("\"status\":503", "\"status\":200")).code == replayed_otherwise);
}

TEST_CASE("a different replay of another version's recording shows that version") {
  std::string text = recorded_daemon();
  const std::string version = "\"version\":\"1\"";
  text.replace(text.find(version), version.size(), "\"version\":\"0\"");
  CHECK(replayed(text).code == replayed_same);
  const auto at = text.rfind("\"status\":503");
  text.replace(at, 12, "\"status\":200");
  CHECK(has(replayed(text).err, "recorded by healer 0; this is 1"));
}

TEST_CASE("the shown steps can be limited, and shown as JSON") {
  const std::string text = recorded_world();
  ReplayRequest one;
  one.workload = "app1";
  const Replayed only = replayed(text, one);
  CHECK(only.code == replayed_same);
  CHECK(has(only.out, " shop/app1/1 "));
  CHECK_FALSE(has(only.out, " shop/app2/1 "));

  ReplayRequest late;
  late.from = "100d";
  CHECK(replayed(text, late).out.find('\n') == replayed(text, late).out.size() - 1);
  late.from = "yesterday";
  const Replayed refused = replayed(text, late);
  CHECK(refused.code == not_replayable);
  CHECK(has(refused.err, "--from 'yesterday' is not valid"));

  ReplayRequest as_json;
  as_json.json = true;
  as_json.verbose = true;
  std::istringstream lines(replayed(text, as_json).out);
  std::size_t events = 0;
  for (std::string line; std::getline(lines, line);) {
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse(line, error);
    REQUIRE(!error);
    events += value.at("kind") == "event" ? 1 : 0;
  }
  CHECK(events > 1000);
}

TEST_CASE("a recording that ends within a line is replayed up to there and reported as cut off") {
  const std::string text = recorded_daemon();
  const auto last_step = text.rfind("{\"now\"");
  const Replayed result = replayed(text.substr(0, last_step + 25));
  CHECK(result.code == replayed_same);
  CHECK(has(result.err, "is cut off"));
  CHECK(has(result.out, "the same effects"));
}

TEST_CASE("a file that is no recording is refused with the line") {
  const std::string text = recorded_daemon();
  const std::string head = text.substr(0, text.find('\n') + 1);
  CHECK(replayed("").err == "events: line 1: the file is empty\n");
  CHECK(has(replayed("hello\n").err, "events: line 1: no JSON: "));
  CHECK(has(replayed("{}\n").err, "events: line 1: no recording of healer"));
  CHECK(has(replayed(R"({"healer_recording":9})"
                     "\n")
                .err,
            "line 1: its format is 9; this healer reads format 3: replay it with the healer that wrote it"));
  CHECK(has(replayed(head + "{\n").err, "line 2: no JSON: "));
  CHECK(has(replayed(head + head).err, "line 2: a second head"));
  CHECK(has(replayed(head + R"({"now":1,"digest":"x","event":{"is":"tick"}})"
                            "\n")
                .err,
            "line 2: digest: 16 hexadecimal digits were expected"));
  CHECK(has(replayed(head + R"({"now":1,"digest":"0123456789abcdef","event":{"is":"tack"}})"
                            "\n")
                .err,
            "line 2: event.is is \"tack\"; accepted: "));
  CHECK(has(replayed(head + R"({"policy":1,"is":{"interval":0}})"
                            "\n")
                .err,
            "line 2: is.interval: a time above 0 was expected"));
  CHECK(has(replayed(text + head).err, "behind the end of the recording"));
  CHECK(replayed(head + "{\n").code == not_replayable);

  std::ostringstream out;
  std::ostringstream err;
  ReplayRequest missing;
  missing.file = "/nonexistent/events";
  CHECK(replay_file(missing, out, err) == not_replayable);
  CHECK(err.str() == "healer: cannot read /nonexistent/events: No such file or directory\n");
}

TEST_CASE("a recording is readable by its owner only, and the recording before it is kept") {
  Recording recording;
  recording.begin().reset();
  const std::string first = recording.text();
  CHECK(has(first, "{\"end\":\"healer ended\",\"steps\":0}\n"));
  struct stat facts {};
  REQUIRE(stat(recording.folder.file().c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);

  auto second = recording.begin();
  CHECK(content(recording.folder.file() + ".1") == first);
  second->step(Tick{"web"}, Instant{Duration{5}}, {});
  CHECK_FALSE(has(recording.text(), "\"web\""));  // written by work on the loop, which has not run yet
  recording.run_posted();
  CHECK(has(recording.text(), "\"web\""));
}

TEST_CASE("a file that is no recording is not overwritten, and no link is followed") {
  Recording recording;
  std::ofstream(recording.folder.file()) << "precious\n";
  const auto refused = Recorder::begin(recording.settings(), Instant{}, 1, HostPolicy{}, StoredState{});
  REQUIRE(!refused);
  CHECK(has(refused.error().message, "is no recording, and is not overwritten"));
  CHECK(recording.text() == "precious\n");

  std::remove(recording.folder.file().c_str());
  const std::string target = recording.folder.path + "/target";
  REQUIRE(symlink(target.c_str(), recording.folder.file().c_str()) == 0);
  CHECK(!Recorder::begin(recording.settings(), Instant{}, 1, HostPolicy{}, StoredState{}));
  CHECK(access(target.c_str(), F_OK) != 0);

  RecorderSettings nowhere = recording.settings();
  nowhere.path = recording.folder.path + "/missing/events";
  const auto none = Recorder::begin(nowhere, Instant{}, 1, HostPolicy{}, StoredState{});
  REQUIRE(!none);
  CHECK(has(none.error().message, "No such file or directory"));
}

TEST_CASE("at its size limit a recording ends with a closing line, and one line is logged") {
  Recording recording;
  auto recorder = recording.begin(4000);
  for (int i = 0; i < 200; ++i) {
    recorder->step(Tick{"web"}, Instant{Duration{i}}, {});
    recording.run_posted();
  }
  CHECK_FALSE(recorder->recording());
  recorder.reset();
  const std::string text = recording.text();
  CHECK(text.size() <= 4000);
  CHECK(text.size() > 3000);
  CHECK(has(text, "{\"end\":\"record_size reached\""));
  CHECK(recording.said.size() == 1);
  CHECK(has(recording.said.at(0), "has reached record_size"));
  CHECK(replayed(text).code == replayed_same);
}

TEST_CASE("a full disk ends the recording after a whole line, and one line is logged") {
  Recording recording;
  auto recorder = recording.begin();
  const std::size_t before = recording.text().size();
  recorder->step(Tick{"web"}, Instant{Duration{1}}, {});
  recording.run_posted();
  const std::size_t whole = recording.text().size();
  REQUIRE(whole > before);
  // Room for half a line more.
  rlimit usual{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &usual) == 0);
  rlimit tight = usual;
  tight.rlim_cur = whole + 20;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
  for (int i = 0; i < 3; ++i) {
    recorder->step(Tick{"web"}, Instant{Duration{2 + i}}, {});
    recording.run_posted();
  }
  REQUIRE(setrlimit(RLIMIT_FSIZE, &usual) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK_FALSE(recorder->recording());
  recorder.reset();
  CHECK(recording.text().size() == whole);
  CHECK(recording.said.size() == 1);
  CHECK(has(recording.said.at(0), "healing goes on: File too large"));
}

TEST_CASE("a loop that never writes ends the recording: the buffer is bounded") {
  Recording recording;
  auto recorder = recording.begin(1ULL << 40);
  const std::string large(100'000, 'x');
  for (int i = 0; i < 200 && recorder->recording(); ++i)
    recorder->step(EngineLost{large}, Instant{Duration{i}}, {});
  CHECK_FALSE(recorder->recording());
  CHECK(recording.said.size() == 1);
  CHECK(has(recording.text(), "more to write than the loop had time for"));
}
