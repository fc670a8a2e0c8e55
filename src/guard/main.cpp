#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/version.hpp"
#include "guard/audit.hpp"
#include "guard/gate.hpp"
#include "guard/privileges.hpp"
#include "guard/server.hpp"
#include "guard/settings.hpp"
#include "guard/watcher.hpp"

namespace {

using namespace healer;
using namespace healer::guard;

constexpr int exit_usage = 2;

constexpr const char* usage =
    "healer-guard [--config FILE]                      stands between healer and the engine\n"
    "healer-guard --authz [--config FILE]              is the engine's authorization plugin\n"
    "healer-guard audit verify FILE...                 checks the chain of the audit files, prints its head\n"
    "healer-guard ctl [--config FILE] ORDER [NAME]     status, pause, resume, reset or release, for root\n"
    "healer-guard healthcheck [--config FILE]          whether the guard listens\n"
    "healer-guard version\n";

int fail(const std::string& what) {
  std::cerr << "healer-guard: " << what << "\n";
  return 1;
}

int verify(const std::vector<std::string>& paths) {
  const auto verified = verify_audit_files(paths);
  if (!verified) return fail(verified.error().message);
  std::cout << "lines " << verified->first_line << " to " << verified->lines << ", head " << verified->head
            << "\n";
  return 0;
}

/// Sends one line to the operator's socket and prints the answer.
int control(const Settings& settings, const std::string& line) {
  const Deadline deadline(Duration{10'000});
  const auto socket = connect_unix(settings.admin_socket);
  if (!socket) return fail(socket.error().message);
  if (auto sent = write_all(socket->get(), line + "\n", deadline); !sent) return fail(sent.error().message);
  std::string answer;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto got = read_some(socket->get(), buffer.data(), buffer.size(), deadline);
    if (!got) return fail(got.error().message);
    if (*got == 0) break;
    answer.append(buffer.data(), *got);
  }
  std::cout << answer;
  return answer.starts_with("refused") || answer.find("healer-guard: peer") != std::string::npos ? 1 : 0;
}

/// In a container the host name is the beginning of its id.
std::string own_container() {
  std::array<char, 256> name{};
  const std::string host = gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
  const bool hex = host.size() == 12 && host.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hex ? host : std::string();
}

int run(const Settings& settings) {
  // Few threads allocate at once, and each arena costs memory.
  mallopt(M_ARENA_MAX, 1);
  umask(0077);
  // A write that a limit of the file's size stops is an error, not the end.
  std::signal(SIGXFSZ, SIG_IGN);
  // Only root may listen among the engine's plugins.
  Fd engine_door;
  if (settings.mode == Mode::Plugin) {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(settings.authz_socket).parent_path(), ignored);
    auto listening = listen_unix(settings.authz_socket, 0600);
    if (!listening) return fail(listening.error().message);
    engine_door = std::move(*listening);
  }
  if (auto dropped = drop_privileges(settings); !dropped) return fail(dropped.error().message);
  Ledger ledger;
  std::vector<RecreationRecord> unfinished;
  const WallTime now = wall_now();
  auto journal = Journal::open(settings.state + "/journal", ledger, now, unfinished);
  if (!journal) return fail(journal.error().message);
  auto audit = Audit::open(settings.state + "/audit", settings.audit);
  if (!audit) return fail(audit.error().message);
  if (auto written = audit->write({"start", "", "", "", version}, now); !written)
    return fail(written.error().message);
  // The files were read whole.
  malloc_trim(0);
  EngineClient engine(settings.engine);
  Gate gate(settings, engine,
            {std::move(ledger), std::move(*journal), std::move(*audit), std::move(unfinished)},
            own_container());
  Server server(gate);
  if (auto listening = server.listen(settings, std::move(engine_door)); !listening)
    return fail(listening.error().message);
  if (auto confined = confine(); !confined) return fail(confined.error().message);
  const bool plugin = settings.mode == Mode::Plugin;
  std::cout << "healer-guard: user " << settings.uid
            << (plugin ? " judges " + settings.authz_user + " at " + settings.authz_socket
                       : fmt::format(" serves user {} at {}", settings.client_uid, settings.socket))
            << "\n"
            << std::flush;
  Watcher watcher(gate, engine);
  std::thread([&] { watcher.run(); }).detach();
  // healer itself finishes what it began where the guard is a plugin.
  if (!plugin)
    std::thread([&] {
      for (;; std::this_thread::sleep_for(Duration{250})) gate.resume_recreations();
    }).detach();
  server.run();
  std::cout << std::flush;
  // Threads that wait for the engine are not waited for: the journal knows what they do.
  _exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const Mode mode = std::erase(words, "--authz") > 0 ? Mode::Plugin : Mode::Socket;
  std::string path = default_settings_path;
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == "--config") {
      path = words[i + 1];
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i),
                  words.begin() + static_cast<std::ptrdiff_t>(i) + 2);
      break;
    }
  if (words.size() >= 3 && words[0] == "audit" && words[1] == "verify")
    return verify({words.begin() + 2, words.end()});
  if (words.size() == 1 && words[0] == "version") {
    std::cout << "healer-guard " << version << "\n";
    return 0;
  }
  const bool controls = (words.size() == 2 || words.size() == 3) && words[0] == "ctl";
  const bool checks = words.size() == 1 && words[0] == "healthcheck";
  if (!words.empty() && !controls && !checks) {
    std::cerr << usage;
    return exit_usage;
  }
  auto settings = load_settings(path);
  if (!settings) return fail(settings.error().message);
  settings->mode = mode;
  if (mode == Mode::Plugin && settings->authz_user.empty())
    return fail(path + ": --authz needs authz_user=, the common name of healer's certificate");
  if (checks) {
    // The kernel says who connects, and each socket refuses, and audits, other users.
    const std::string& served = mode == Mode::Plugin ? settings->authz_socket : settings->socket;
    const std::string& socket = mode == Mode::Socket && geteuid() == 0 ? settings->admin_socket : served;
    return connect_unix(socket) ? 0 : fail(socket + ": nobody listens");
  }
  if (controls) return control(*settings, words[1] + (words.size() == 3 ? " " + words[2] : ""));
  return run(*settings);
}
