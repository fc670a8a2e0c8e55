// The guard's files, and what its answers show.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
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

TEST_CASE("the audit file is rotated by size, and its chain goes on over the files") {
  const Folder folder;
  const std::string path = folder.file("audit");
  const auto paths = [&] {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path)) all.push_back(entry.path());
    return all;
  };
  std::string head;
  std::uint64_t lines = 0;
  for (int life = 0; life < 3; ++life) {
    auto audit = Audit::open(path, {1000, 100});
    REQUIRE(audit.has_value());
    for (int i = 0; i < 20; ++i)
      REQUIRE(audit->write({"order", "restart", "web " + std::to_string(i), "", ""}, now).has_value());
    head = audit->head();
    lines = audit->lines();
  }
  REQUIRE(paths().size() > 5);
  for (const std::string& one : paths()) CHECK(std::filesystem::file_size(one) < 1400);
  const auto all = verify_audit_files(paths());
  REQUIRE_MESSAGE(all.has_value(), all.error().message);
  CHECK(all->head == head);
  CHECK(all->lines == lines);
  CHECK(all->first_line == 1);
  // One file alone says what it follows.
  const auto newest = verify_audit_files({path});
  REQUIRE(newest.has_value());
  CHECK(newest->head == head);
  CHECK(newest->first_line > 1);
  // A missing file in the middle, a changed end of a former one, and a forged start.
  std::vector<std::string> gap = paths();
  std::sort(gap.begin(), gap.end());
  gap.erase(gap.begin() + 2);
  CHECK_FALSE(verify_audit_files(gap).has_value());
  CHECK_FALSE(verify_audit_files({path, path}).has_value());
  const std::string second = gap[1];
  std::string text;
  for (const std::string& line : folder.lines(std::filesystem::path(second).filename())) text = line;
  std::ofstream(second, std::ios::app) << text << "\n";
  CHECK_FALSE(verify_audit_files(paths()).has_value());
}

TEST_CASE("only so many former audit files are kept, and the rest still verify") {
  const Folder folder;
  auto audit = Audit::open(folder.file("audit"), {1000, 2});
  REQUIRE(audit.has_value());
  for (int i = 0; i < 100; ++i) REQUIRE(audit->write({"order", "restart", "web", "", ""}, now).has_value());
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) left.push_back(entry.path());
  CHECK(left.size() == 3);
  const auto verified = verify_audit_files(left);
  REQUIRE(verified.has_value());
  CHECK(verified->head == audit->head());
  CHECK(verified->lines == audit->lines());
}

TEST_CASE("a rotation that a crash cut is finished, and one that cannot be made loses no line") {
  const Folder folder;
  const std::string path = folder.file("audit");
  std::string head;
  {
    auto audit = Audit::open(path, {1000, 100});
    REQUIRE(audit.has_value());
    while (audit->lines() < 12) REQUIRE(audit->write({"order", "restart", "web", "", ""}, now).has_value());
    head = audit->head();
  }
  // Between the two renames.
  std::filesystem::rename(path, path + ".next");
  {
    auto audit = Audit::open(path, {1000, 100});
    REQUIRE(audit.has_value());
    CHECK(audit->head() == head);
    // Something is in the way of the next file.
    std::filesystem::create_directory(path + ".next");
    std::ofstream(path + ".next/x") << "x";
    for (int i = 0; i < 30; ++i) REQUIRE(audit->write({"order", "restart", "web", "", ""}, now).has_value());
    CHECK(std::filesystem::file_size(path) > 3000);
    std::filesystem::remove_all(path + ".next");
    REQUIRE(audit->write({"order", "restart", "web", "", ""}, now).has_value());
    CHECK(std::filesystem::file_size(path) < 1000);
    head = audit->head();
  }
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) all.push_back(entry.path());
  const auto verified = verify_audit_files(all);
  REQUIRE_MESSAGE(verified.has_value(), verified.error().message);
  CHECK(verified->head == head);
}

TEST_CASE("an image counts as healthy for its lineage, over a new guard, and the newest four are kept") {
  const Folder folder;
  const std::string path = folder.file("journal");
  std::vector<RecreationRecord> unfinished;
  {
    Ledger ledger;
    auto journal = Journal::open(path, ledger, now, unfinished);
    REQUIRE(journal.has_value());
    for (const char* image : {"1", "2", "3", "4", "5"}) {
      CHECK(ledger.healthy("web", image));
      CHECK_FALSE(ledger.healthy("web", image));
      REQUIRE(journal->healthy("web", image).has_value());
    }
    REQUIRE(journal->recreation_begins({7, "id", "web", "web-m-new", "web-m", "sha256:5"}).has_value());
  }
  for (int time = 0; time < 2; ++time) {
    Ledger ledger;
    unfinished.clear();
    REQUIRE(Journal::open(path, ledger, now, unfinished).has_value());
    for (const char* image : {"2", "3", "4", "5"}) CHECK(ledger.was_healthy("web", image));
    CHECK_FALSE(ledger.was_healthy("web", "1"));
    CHECK_FALSE(ledger.was_healthy("db", "5"));
    REQUIRE(unfinished.size() == 1);
    CHECK(unfinished[0].image == "sha256:5");
  }
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
