// Tests of the state file in the file system: access rights, damage, other programs' files, versions.
#include <csignal>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapter/store/fixture.hpp"
#include "store/schema.hpp"

using namespace healer;
using namespace healer::testing;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 0777;
}

Incident incident(std::uint64_t id) {
  Incident made;
  made.id = IncidentId{id};
  made.workload = "shop/web/1";
  return made;
}

void fill(const std::string& path, PostBox& box, std::uint64_t count) {
  OpenedStore opened = open_store(path, box);
  std::vector<Record> records;
  for (std::uint64_t id = 1; id <= count; ++id) records.emplace_back(incident(id));
  REQUIRE(commit(*opened.store, box, records).has_value());
}

void expect_moved_aside(const Folder& folder, const std::string& before) {
  PostBox box;
  OpenedStore opened = open_store(folder.file("s.db"), box);
  REQUIRE(opened.warning.has_value());
  INFO(*opened.warning);
  CHECK(opened.warning->find("damaged") != std::string::npos);
  CHECK(opened.state.open_incidents.empty());
  CHECK(opened.store->location() == folder.file("s.db"));
  CHECK(commit(*opened.store, box, {incident(1)}).has_value());
  bool kept = false;
  for (const std::string& name : folder.names("s.db.damaged-"))
    if (read_file(folder.file(name)) == before) {
      kept = true;
      CHECK(opened.warning->find(name) != std::string::npos);
    }
  CHECK_MESSAGE(kept, "the damaged file is still there, byte for byte");
}

// The text that `work` returns in a child process.
std::string in_child(const std::function<std::string()>& work) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::string text = work();
    (void)!::write(ends[1], text.data(), text.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[512];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

}  // namespace

TEST_CASE("the state file, its companions and new folders have access rights for their owner only") {
  Folder folder;
  PostBox box;
  const std::string path = folder.file("a/b/healer.db");
  const mode_t before = ::umask(0);
  OpenedStore opened = open_store(path, box);
  REQUIRE(commit(*opened.store, box, {incident(1)}).has_value());
  ::umask(before);
  CHECK_FALSE(opened.warning.has_value());
  CHECK(opened.store->location() == path);
  CHECK(mode_of(folder.file("a")) == 0700);
  CHECK(mode_of(folder.file("a/b")) == 0700);
  CHECK(mode_of(path) == 0600);
  CHECK(mode_of(path + "-wal") == 0600);
  CHECK(mode_of(path + ".lock") == 0600);
}

TEST_CASE("a state file that others could read loses their rights") {
  Folder folder;
  PostBox box;
  fill(folder.file("s.db"), box, 1);
  REQUIRE(::chmod(folder.file("s.db").c_str(), 0644) == 0);
  const OpenedStore opened = open_store(folder.file("s.db"), box);
  CHECK(mode_of(folder.file("s.db")) == 0600);
  CHECK(opened.state.open_incidents.size() == 1);
}

TEST_CASE("an empty file is taken as a new state file") {
  Folder folder;
  PostBox box;
  write_file(folder.file("s.db"), "");
  const OpenedStore opened = open_store(folder.file("s.db"), box);
  CHECK_FALSE(opened.warning.has_value());
  CHECK(folder.names("s.db.damaged-").empty());
}

TEST_CASE("a damaged file is moved aside unchanged, and a new one is begun") {
  Folder folder;
  const std::string path = folder.file("s.db");
  PostBox box;
  fill(path, box, 2000);
  std::string content = read_file(path);
  REQUIRE(content.size() > 40'000);

  SUBCASE("garbage") {
    content = std::string(5000, 'x');
  }
  SUBCASE("one byte") {
    content = "S";
  }
  SUBCASE("a header that is cut off") {
    content.resize(60);
  }
  SUBCASE("cut off in the middle") {
    content.resize(content.size() / 2 + 100);
  }
  SUBCASE("the magic bytes of the header") {
    content[3] = '?';
  }
  SUBCASE("the page size in the header") {
    content[16] = 0x13;
  }
  SUBCASE("overwritten pages in the middle") {
    for (std::size_t i = 4096; i < content.size() - 4096; ++i) content[i] = static_cast<char>(i * 31);
  }
  SUBCASE("the page of the schema") {
    for (std::size_t i = 110; i < 3000; ++i) content[i] = static_cast<char>(0xEE);
  }
  SUBCASE("only zeros") {
    content = std::string(8192, '\0');
  }
  SUBCASE("text") {
    content = "{\"not\": \"a database\"}\n";
  }
  write_file(path, content);
  expect_moved_aside(folder, content);
}

TEST_CASE("two files damaged in the same second are both kept") {
  Folder folder;
  write_file(folder.file("s.db.lock"), "1 host\n");  // healer has used the file before
  const std::string first(3000, 'a');
  write_file(folder.file("s.db"), first);
  expect_moved_aside(folder, first);
  const std::string second(3000, 'b');
  write_file(folder.file("s.db"), second);
  fs::remove(folder.file("s.db-wal"));
  expect_moved_aside(folder, second);
  CHECK(folder.names("s.db.damaged-").size() == 2);
}

TEST_CASE("the log of a damaged file is moved aside, too") {
  Folder folder;
  write_file(folder.file("s.db.lock"), "1 host\n");
  write_file(folder.file("s.db"), std::string(3000, 'a'));
  write_file(folder.file("s.db-wal"), "the log");
  PostBox box;
  const OpenedStore opened = open_store(folder.file("s.db"), box);
  REQUIRE(opened.warning.has_value());
  bool kept = false;
  for (const std::string& name : folder.names("s.db.damaged-"))
    if (name.ends_with("-wal")) kept = read_file(folder.file(name)) == "the log";
  CHECK(kept);
}

TEST_CASE("a second process is refused, and the error names the first") {
  Folder folder;
  PostBox box;
  const std::string path = folder.file("s.db");
  std::optional<OpenedStore> opened = open_store(path, box);
  const auto try_open = [&] {
    PostBox other;
    auto second = SqliteStore::open(path, other.post(), noon);
    if (second) return std::string(second->warning.value_or("opened"));
    return std::string(to_string(second.error().code)) + ": " + second.error().message;
  };
  const std::string seen = in_child(try_open);
  CHECK(seen.starts_with("conflict: "));
  CHECK(seen.find("process " + std::to_string(::getpid()) + " ") != std::string::npos);
  CHECK(commit(*opened->store, box, {incident(1)}).has_value());
  CHECK(try_open().starts_with("conflict: "));  // also refused within the same process
  opened.reset();
  CHECK(in_child(try_open) == "opened");
}

TEST_CASE("the lock on the file ends with its process") {
  Folder folder;
  const std::string path = folder.file("s.db");
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    PostBox box;
    auto opened = SqliteStore::open(path, box.post(), noon);
    (void)!::write(ends[1], "1", 1);
    ::pause();
  }
  char byte = 0;
  REQUIRE(::read(ends[0], &byte, 1) == 1);
  ::close(ends[0]);
  ::close(ends[1]);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  PostBox box;
  CHECK_FALSE(open_store(path, box).warning.has_value());
}

TEST_CASE("a state file that cannot be written is replaced by memory, with a warning that names the file") {
  Folder folder;
  std::string path;
  std::string mounted;
  SUBCASE("a folder of the path is a file") {
    write_file(folder.file("f"), "x");
    path = folder.file("f/healer.db");
  }
  SUBCASE("the path is a folder") {
    fs::create_directory(folder.file("healer.db"));
    path = folder.file("healer.db");
  }
  SUBCASE("a read-only file system") {
    mounted = folder.file("ro");
    fs::create_directory(mounted);
    if (::mount("none", mounted.c_str(), "tmpfs", MS_RDONLY, "size=64k") != 0) {
      MESSAGE("skipped: mounting a file system is not allowed here");
      return;
    }
    path = mounted + "/healer.db";
  }
  SUBCASE("a full file system") {
    mounted = folder.file("full");
    fs::create_directory(mounted);
    if (::mount("none", mounted.c_str(), "tmpfs", 0, "size=8k") != 0) {
      MESSAGE("skipped: mounting a file system is not allowed here");
      return;
    }
    path = mounted + "/healer.db";
  }
  PostBox box;
  {
    OpenedStore opened = open_store(path, box);
    CHECK(opened.store->location() == "memory");
    REQUIRE(opened.warning.has_value());
    INFO(*opened.warning);
    CHECK(opened.warning->find(folder.file("")) != std::string::npos);
    CHECK(opened.warning->find("in memory") != std::string::npos);
    CHECK(commit(*opened.store, box, {incident(1)}).has_value());
  }
  if (!mounted.empty()) ::umount(mounted.c_str());
}

TEST_CASE("a disk that fills up is an error of one commit, and a later commit works") {
  Folder folder;
  const std::string mounted = folder.file("small");
  fs::create_directory(mounted);
  if (::mount("none", mounted.c_str(), "tmpfs", 0, "size=8m") != 0) {
    MESSAGE("skipped: mounting a file system is not allowed here");
    return;
  }
  PostBox box;
  {
    OpenedStore opened = open_store(mounted + "/s.db", box);
    CHECK(opened.store->location() != "memory");
    REQUIRE(commit(*opened.store, box, {incident(1)}).has_value());
    write_file(mounted + "/ballast", "");
    {
      std::ofstream ballast(mounted + "/ballast");
      for (int i = 0; i < 16; ++i) ballast << std::string(1'000'000, 'x') << std::flush;  // as much as fits
    }
    Incident large = incident(2);
    large.reason = reason::DependencyRestarted{std::string(2'000'000, 'y')};
    const auto answer = commit(*opened.store, box, {large});
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == ErrorCode::Storage);
    CHECK(answer.error().message.find("full") != std::string::npos);
    fs::remove(mounted + "/ballast");
    CHECK(commit(*opened.store, box, {large}).has_value());
  }
  CHECK(open_store(mounted + "/s.db", box).state.open_incidents.size() == 2);
  ::umount(mounted.c_str());
}

TEST_CASE("a file that is not healer's own is left as it is, and healer goes on in memory") {
  Folder folder;
  const std::string path = folder.file("s.db");
  const std::string other = folder.file("other");
  std::string named;
  SUBCASE("text that no healer has ever used") {
    write_file(path, "root:x:0:0:root:/root:/bin/sh\n");
    named = "no state file of healer";
  }
  SUBCASE("a link to a file of another program") {
    write_file(other, "another program's");
    fs::create_symlink(other, path);
    named = "symbolic link";
  }
  SUBCASE("a link to nothing") {
    fs::create_symlink(other, path);
    named = "symbolic link";
  }
  SUBCASE("the lock is a link") {
    write_file(other, "another program's");
    fs::create_symlink(other, path + ".lock");
    named = "s.db.lock is a symbolic link";
  }
  SUBCASE("the log is a link") {
    write_file(other, "another program's");
    fs::create_symlink(other, path + "-wal");
    named = "s.db-wal is a symbolic link";
  }
  SUBCASE("a file with a second name") {
    write_file(other, "another program's");
    fs::create_hard_link(other, path);
    named = "second name";
  }
  SUBCASE("a file of another user") {
    write_file(path, "");
    if (::geteuid() != 0 || ::chown(path.c_str(), 12345, 0) != 0) return;
    named = "belongs to uid 12345";
  }
  const std::string before = fs::exists(path) ? read_file(path) : "";
  const std::string other_before = fs::exists(other) ? read_file(other) : "";
  PostBox box;
  OpenedStore opened = open_store(path, box);
  CHECK(opened.store->location() == "memory");
  REQUIRE(opened.warning.has_value());
  INFO(*opened.warning);
  CHECK(opened.warning->find(named) != std::string::npos);
  CHECK(commit(*opened.store, box, {incident(1)}).has_value());
  CHECK((fs::exists(path) ? read_file(path) : "") == before);
  CHECK((fs::exists(other) ? read_file(other) : "") == other_before);
  CHECK(folder.names("s.db.damaged-").empty());
}

TEST_CASE("a state file that is deleted while healer runs is written again with everything in it") {
  Folder folder;
  const std::string path = folder.file("a/s.db");
  PostBox box;
  std::vector<std::string> notices;
  {
    auto opened =
        SqliteStore::open(path, box.post(), noon, [&](std::string text) { notices.push_back(text); });
    REQUIRE(opened.has_value());
    REQUIRE(commit(*opened->store, box, {incident(1)}).has_value());
    SUBCASE("the file") {
      fs::remove(path);
    }
    SUBCASE("the file and all beside it") {
      for (const char* part : {"", "-wal", ".lock"}) fs::remove(path + part);
    }
    SUBCASE("its folder") {
      fs::remove_all(folder.file("a"));
    }
    REQUIRE(commit(*opened->store, box, {incident(2)}).has_value());
    box.run_until([&] { return !notices.empty(); });
    REQUIRE(commit(*opened->store, box, {incident(3)}).has_value());
    CHECK(notices.size() == 1);
    CHECK(notices.front().find("was deleted") != std::string::npos);
    CHECK(notices.front().find(path) != std::string::npos);
    CHECK(mode_of(path) == 0600);
    // No other healer may use it.
    PostBox second;
    CHECK_FALSE(SqliteStore::open(path, second.post(), noon).has_value());
  }
  CHECK(open_store(path, box).state.open_incidents.size() == 3);
}

TEST_CASE(
    "a file put in the state file's place while healer runs is left alone, and operators are notified") {
  Folder folder;
  const std::string path = folder.file("s.db");
  PostBox box;
  std::vector<std::string> notices;
  auto opened = SqliteStore::open(path, box.post(), noon, [&](std::string text) { notices.push_back(text); });
  REQUIRE(opened.has_value());
  REQUIRE(commit(*opened->store, box, {incident(1)}).has_value());
  write_file(folder.file("new"), "another program's");
  fs::rename(folder.file("new"), path);
  REQUIRE(commit(*opened->store, box, {incident(2)}).has_value());
  box.run_until([&] { return !notices.empty(); });
  REQUIRE(commit(*opened->store, box, {incident(3)}).has_value());
  CHECK(notices.size() == 1);
  CHECK(notices.front().find("replaced") != std::string::npos);
  CHECK(read_file(path) == "another program's");
}

TEST_CASE(
    "a deleted state file that cannot be written again is tried again, and operators are notified once") {
  Folder folder;
  const std::string path = folder.file("a/s.db");
  PostBox box;
  std::vector<std::string> notices;
  {
    auto opened =
        SqliteStore::open(path, box.post(), noon, [&](std::string text) { notices.push_back(text); });
    REQUIRE(opened.has_value());
    REQUIRE(commit(*opened->store, box, {incident(1)}).has_value());
    fs::remove_all(folder.file("a"));
    write_file(folder.file("a"), "no folder");
    REQUIRE(commit(*opened->store, box, {incident(2)}).has_value());
    REQUIRE(commit(*opened->store, box, {incident(3)}).has_value());
    box.run_until([&] { return !notices.empty(); });
    CHECK(notices.size() == 1);
    CHECK(notices.front().find("cannot be written again") != std::string::npos);
    fs::remove(folder.file("a"));
    REQUIRE(commit(*opened->store, box, {incident(4)}).has_value());
    box.run_until([&] { return notices.size() == 2; });
    CHECK(notices.back().find("everything in it") != std::string::npos);
  }
  CHECK(open_store(path, box).state.open_incidents.size() == 4);
}

TEST_CASE("another healer that took a deleted state file's place keeps it") {
  Folder folder;
  const std::string path = folder.file("s.db");
  PostBox box;
  std::vector<std::string> notices;
  auto opened = SqliteStore::open(path, box.post(), noon, [&](std::string text) { notices.push_back(text); });
  REQUIRE(opened.has_value());
  REQUIRE(commit(*opened->store, box, {incident(1)}).has_value());
  for (const char* part : {"", "-wal", ".lock"}) fs::remove(path + part);
  PostBox others;
  {
    OpenedStore other = open_store(path, others);
    REQUIRE(commit(*other.store, others, {incident(7)}).has_value());
    REQUIRE(commit(*opened->store, box, {incident(2)}).has_value());
    box.run_until([&] { return !notices.empty(); });
    CHECK(notices.front().find("replaced") != std::string::npos);
  }
  const auto kept = open_store(path, others).state.open_incidents;
  REQUIRE(kept.size() == 1);
  CHECK(kept.front().id == IncidentId{7});
}

TEST_CASE("on a full disk what must not be forgotten is still written, and survives a kill") {
  Folder folder;
  const std::string mounted = folder.file("small");
  fs::create_directory(mounted);
  if (::mount("none", mounted.c_str(), "tmpfs", 0, "size=4m") != 0) {
    MESSAGE("skipped: mounting a file system is not allowed here");
    return;
  }
  constexpr std::uint64_t commits = 60;
  const std::string said = in_child([&] {
    PostBox box;
    auto opened = SqliteStore::open(mounted + "/s.db", box.post(), noon);
    if (!opened) return opened.error().message;
    {
      std::ofstream ballast(mounted + "/ballast");
      ballast << std::string(8'000'000, 'x');  // writes as much as fits
    }
    for (std::uint64_t id = 1; id <= commits; ++id)
      if (const auto done = commit(*opened->store, box, {incident(id)}); !done) return done.error().message;
    (void)::kill(::getpid(), SIGKILL);
    return std::string();
  });
  CHECK(said == "");
  PostBox box;
  {
    const OpenedStore opened = open_store(mounted + "/s.db", box);
    CHECK(opened.store->location() != "memory");
    CHECK(opened.state.open_incidents.size() == commits);
  }
  ::umount(mounted.c_str());
}

TEST_CASE("a newer healer's file and another program's database are refused and not changed") {
  Folder folder;
  PostBox box;
  const std::string path = folder.file("s.db");
  std::string expected;
  {
    fill(path, box, 1);
    auto database = store::Database::open(path);
    REQUIRE(database.has_value());
    SUBCASE("a newer schema") {
      REQUIRE(database->run("PRAGMA user_version=999"));
      expected = "schema 999";
    }
    SUBCASE("another program's database") {
      REQUIRE(database->run("PRAGMA application_id=1234"));
      expected = "another program";
    }
  }
  const std::string before = read_file(path);
  auto opened = SqliteStore::open(path, box.post(), noon);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == ErrorCode::InvalidInput);
  CHECK(opened.error().message.find(expected) != std::string::npos);
  CHECK(opened.error().message.find(path) != std::string::npos);
  CHECK(read_file(path) == before);
  CHECK(folder.names("s.db.damaged-").empty());
}

TEST_CASE("a file with a schema before the first is moved aside unchanged, and a new one is begun") {
  Folder folder;
  PostBox box;
  const std::string path = folder.file("s.db");
  for (const int version : {1, 2, 10, 11}) {
    CAPTURE(version);
    for (const std::string& name : folder.names("s.db")) fs::remove(folder.file(name));
    write_file(path, "");
    {
      auto database = store::Database::open(path);
      REQUIRE(database.has_value());
      // The newest content is in the log only, as after a kill of healer.
      REQUIRE(database->checkpoint_on_close(false));
      REQUIRE(
          database->run("PRAGMA journal_mode=WAL; CREATE TABLE workloads (workload_key TEXT) STRICT;"
                        "INSERT INTO workloads VALUES ('shop/web/1'); PRAGMA application_id=0x6865616C;"
                        "PRAGMA user_version=" +
                        std::to_string(version)));
    }
    const std::string before = read_file(path);
    const std::string log_before = read_file(path + "-wal");
    REQUIRE_FALSE(log_before.empty());
    const std::string aside = path + ".schema-" + std::to_string(version) + "-20231114T221320Z";
    {
      OpenedStore opened = open_store(path, box);
      CHECK(opened.warning == "state file " + path + " has schema " + std::to_string(version) +
                                  ", from before the first release; this healer reads schema 13 and later. "
                                  "It is kept as " +
                                  aside +
                                  "; in the new one, history, restart budgets and undelivered notifications "
                                  "begin anew");
      CHECK(opened.store->location() == path);
      CHECK(opened.state.workloads.empty());
      CHECK(commit(*opened.store, box, {incident(1)}).has_value());
    }
    CHECK(read_file(aside) == before);
    CHECK(read_file(aside + "-wal") == log_before);
    const OpenedStore again = open_store(path, box);
    CHECK_FALSE(again.warning.has_value());
    CHECK(again.state.open_incidents.size() == 1);
  }
}

TEST_CASE("the first migration makes the first version, each further one the next version") {
  auto database = store::Database::open(":memory:");
  REQUIRE(database.has_value());
  std::vector<store::Migration> steps{"CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y DEFAULT 7",
                                      "ALTER TABLE a ADD COLUMN z DEFAULT 8"};
  REQUIRE(store::migrate(*database, std::span(steps).first(1)).has_value());
  REQUIRE(database->run("INSERT INTO a VALUES (1)"));
  CHECK(database->number("PRAGMA user_version") == store::first_version);
  REQUIRE(store::migrate(*database, std::span(steps).first(2)).has_value());
  CHECK(database->number("PRAGMA user_version") == store::first_version + 1);
  CHECK(database->number("SELECT y FROM a") == 7);
  REQUIRE(store::migrate(*database, steps).has_value());
  CHECK(database->number("PRAGMA user_version") == store::first_version + 2);
  CHECK(database->number("SELECT z FROM a") == 8);
  REQUIRE(store::migrate(*database, steps).has_value());  // nothing left to do
  CHECK(database->number("PRAGMA user_version") == store::first_version + 2);

  auto other = store::Database::open(":memory:");
  REQUIRE(store::migrate(*other, steps).has_value());  // all at once
  CHECK(other->number("PRAGMA user_version") == store::first_version + 2);
}

TEST_CASE("a failed migration is rolled back") {
  auto database = store::Database::open(":memory:");
  REQUIRE(database.has_value());
  const std::vector<store::Migration> steps{"CREATE TABLE a (x)",
                                            "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)"};
  const auto failed = store::migrate(*database, steps);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().message.find("nowhere") != std::string::npos);
  CHECK(database->number("PRAGMA user_version") == store::first_version);
  CHECK(database->number("SELECT count(*) FROM sqlite_master WHERE name='b'") == 0);
}

TEST_CASE("a version without a migration is an error, and the file is not changed") {
  const std::vector<store::Migration> steps{"CREATE TABLE a (x)", "CREATE TABLE b (x)"};
  for (const int version : {-1, 1, 12, 15}) {
    CAPTURE(version);
    auto database = store::Database::open(":memory:");
    REQUIRE(database.has_value());
    REQUIRE(database->run("PRAGMA user_version=" + std::to_string(version)));
    CHECK_FALSE(store::migrate(*database, steps).has_value());
    CHECK(database->number("PRAGMA user_version") == version);
    CHECK(database->number("SELECT count(*) FROM sqlite_master") == 0);
  }
}
