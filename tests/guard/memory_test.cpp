// The guard's files, and what its answers show.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "guard/answers.hpp"
#include "guard/audit.hpp"
#include "guard/journal.hpp"
#include "guard/sha256.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

constexpr WallTime now{1'700'000'000'000};

struct Folder {
  std::string path = "/tmp/guard-memory-XXXXXX";
  Folder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~Folder() {
    if (std::system(("rm -rf '" + path + "'").c_str()) != 0) path.clear();
  }
  std::string file(const std::string& name) const { return path + "/" + name; }
  std::vector<std::string> lines(const std::string& name) const {
    std::ifstream in(file(name));
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
};

TEST_CASE("SHA-256 as FIPS 180-4's examples") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a line that is changed, removed, inserted or moved breaks the audit file's chain") {
  const Folder folder;
  {
    auto audit = Audit::open(folder.file("audit"));
    REQUIRE(audit.has_value());
    for (int i = 0; i < 5; ++i)
      REQUIRE(audit->write({"order", "restart", "web " + std::to_string(i), "", ""}, now).has_value());
    audit->refused("restart", "db", {Rule::OptIn, "no"}, now);
    audit->refused("restart", "db", {Rule::OptIn, "no"}, now);
    audit->write_counts(now);
    CHECK(audit->refusals() == 2);
    CHECK(audit->lines() == 7);
  }
  const auto lines = folder.lines("audit");
  const auto verified = verify_audit(lines);
  REQUIRE(verified.has_value());
  CHECK(verified->lines == 7);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto changed = lines;
    changed[i][changed[i].size() - 3] ^= 1;
    CHECK_FALSE(verify_audit(changed).has_value());
    auto removed = lines;
    removed.erase(removed.begin() + static_cast<std::ptrdiff_t>(i));
    // The last line's absence shows by the head alone.
    const auto without = verify_audit(removed);
    CHECK((!without || without->head != verified->head));
    auto inserted = lines;
    inserted.insert(inserted.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    CHECK_FALSE(verify_audit(inserted).has_value());
  }
  auto again = Audit::open(folder.file("audit"));
  REQUIRE(again.has_value());
  CHECK(again->head() == verified->head);
}

TEST_CASE("the journal brings budgets, pauses and cut recreations back") {
  const Folder folder;
  const std::string path = folder.file("journal");
  const Subject web{"id", "web", "web"};
  {
    Ledger ledger;
    std::vector<RecreationRecord> unfinished;
    auto journal = Journal::open(path, ledger, now, unfinished);
    REQUIRE(journal.has_value());
    for (std::uint64_t i = 1; i <= 10; ++i) {
      REQUIRE(journal->ordered({i, OrderKind::Restart, web, now}).has_value());
      if (i < 10) REQUIRE(journal->answered(i, now).has_value());
    }
    REQUIRE(journal->operator_ordered("pause", "db").has_value());
    REQUIRE(journal->recreation_begins({10, "id", "web", "web-m-new", "web-m"}).has_value());
  }
  {
    std::ofstream torn(path, std::ios::app);
    torn << R"({"line":"reset","name":"web")";
  }
  for (int time = 0; time < 2; ++time) {
    Ledger ledger;
    std::vector<RecreationRecord> unfinished;
    auto journal = Journal::open(path, ledger, now, unfinished);
    REQUIRE(journal.has_value());
    CHECK(ledger.recent(now).size() == 10);
    CHECK(ledger.next_number() == 11);
    CHECK(ledger.paused().contains("db"));
    REQUIRE(unfinished.size() == 1);
    CHECK(unfinished[0].new_name == "web-m-new");
    const auto judged = ledger.judge(OrderKind::Restart, {"other", "web", "x"}, true, now);
    CHECK((!judged && judged.error().rule == Rule::WorkloadBudget));
  }
}

TEST_CASE("answers hold no value of an environment, and of strangers no label") {
  const std::string text =
      R"({"Id":"i","Name":"/web","Image":"sha256:1","Path":"sh","Args":["-c","login s3cretvalue"],"Unknown":"s3cretvalue",)"
      R"("State":{"Status":"running","Health":{"Status":"healthy","Log":[{"ExitCode":0,"Output":"got s3cretvalue"}]}},)"
      R"("Config":{"Env":["TOKEN=s3cretvalue","PATH=/bin"],"Cmd":["s3cretvalue"],"Labels":{"monitored":"true","n":"a s3cretvalue b"}},)"
      R"("Mounts":[{"Source":"/s3cretvalue"}],"HostConfig":{"NetworkMode":"bridge"},"NetworkSettings":{"Networks":{}}})";
  const json::object inspect = json::parse(text).as_object();
  const Hider hider({"TOKEN=s3cretvalue", "PATH=/bin"});
  const json::object whole = shown_inspect(inspect, View::Whole, hider);
  CHECK(json::serialize(whole).find("s3cretvalue") == std::string::npos);
  CHECK(whole.at("Config").at("Env") == json::array{"TOKEN=", "PATH="});
  CHECK(whole.at("Config").at("Labels").at("monitored") == "true");
  CHECK_FALSE(whole.contains("Unknown"));
  const json::object outline = shown_inspect(inspect, View::Outline, Hider({}));
  CHECK(json::serialize(outline).find("s3cretvalue") == std::string::npos);
  CHECK(outline.at("Config").at("Labels") == json::object());
  CHECK(outline.at("State").at("Health").at("Status") == "healthy");
  const json::object event =
      json::parse(
          R"({"Type":"container","Action":"die","Actor":{"ID":"i","Attributes":{"name":"web","exitCode":"1","label":"x"}}})")
          .as_object();
  CHECK(json::serialize(shown_event(event, View::Outline, Hider({}))).find("label") == std::string::npos);
  CHECK(output_frame("hello") == std::string("\1\0\0\0\0\0\0\5hello", 13));
}

}  // namespace
}  // namespace healer::guard
