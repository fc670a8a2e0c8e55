#include "hook/process_hook.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "net/loop.hpp"
#include "net/signals.hpp"

namespace healer {
namespace {

constexpr Duration term_lookback = 2s;
constexpr Duration drain_lookback = 200ms;

/// The arguments of posix_spawn, freed at the end of the scope.
struct SpawnPlan {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
  SpawnPlan() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&files);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Returns 0 or an errno value. The child writes its output to `output`.
int spawn(std::vector<std::string> argv, std::vector<std::string> environment, int output, pid_t& pid) {
  SpawnPlan plan;
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  // healer ignores SIGPIPE; a command must not inherit that.
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setsigdefault(&plan.attributes, &all);
  posix_spawnattr_setpgroup(&plan.attributes, 0);
  posix_spawnattr_setflags(&plan.attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_addopen(&plan.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&plan.files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&plan.files, output, STDERR_FILENO);
  // healer's own descriptors are close-on-exec; this also closes those that libraries opened without it.
  posix_spawn_file_actions_addclosefrom_np(&plan.files, STDERR_FILENO + 1);
  const auto arguments = pointers_to(argv);
  const auto variables = pointers_to(environment);
  return posix_spawnp(&pid, arguments[0], &plan.files, &plan.attributes, arguments.data(), variables.data());
}

}  // namespace

class ProcessHook::Child : public std::enable_shared_from_this<Child> {
 public:
  Child(net::Loop& loop, HookCall call, std::function<void(HookResult)> done,
        std::function<void(std::shared_ptr<Child>)> over)
      : loop_(loop),
        call_(std::move(call)),
        done_(std::move(done)),
        over_(std::move(over)),
        pipe_(loop.context()),
        timer_(loop) {}
  ~Child() { abandon(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void start(std::vector<std::string> environment) {
    int ends[2] = {-1, -1};
    int error = ::pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
    if (error == 0) {
      error = spawn(call_.argv, std::move(environment), ends[1], pid_);
      ::close(ends[1]);
      if (error != 0) ::close(ends[0]);
    }
    if (error != 0) {
      pid_ = -1;
      result_.error = std::strerror(error);
      loop_.post([self = shared_from_this()]() { self->finish(); });
      return;
    }
    pipe_.assign(ends[0]);
    pipe_.non_blocking(true);
    read();
    timer_.set_after(call_.deadline, [this]() { deadline(); });
  }

  /// Some child of healer ended (SIGCHLD); checks whether it was this one.
  void reap() {
    if (pid_ <= 0 || ended_) return;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return;
    ended_ = true;
    if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
    if (result_.timed_out) ::kill(-pid_, SIGKILL);
    if (pipe_over_) return finish();
    timer_.set_after(drain_lookback, [this]() { finish(); });
  }

  /// Kills the command without calling `done`.
  void abandon() {
    done_ = nullptr;
    if (pid_ > 0 && !ended_) {
      ::kill(-pid_, SIGKILL);
      int status = 0;
      ::waitpid(pid_, &status, 0);
    }
    ended_ = true;
    timer_.cancel();
    boost::system::error_code ignored;
    pipe_.close(ignored);
  }

 private:
  void read() {
    pipe_.async_read_some(boost::asio::buffer(buffer_),
                          [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
                            if (error) {
                              self->pipe_over_ = true;
                              if (self->ended_) self->finish();
                              return;
                            }
                            // Output above the cap is read and dropped: a full pipe would block the command.
                            const std::size_t room = self->call_.output_cap - self->raw_.size();
                            self->raw_.append(self->buffer_.data(), std::min(room, size));
                            self->read();
                          });
  }

  void deadline() {
    result_.timed_out = true;
    ::kill(-pid_, SIGTERM);
    timer_.set_after(term_lookback, [this]() { ::kill(-pid_, SIGKILL); });
  }

  void finish() {
    if (!done_) return;
    timer_.cancel();
    boost::system::error_code ignored;
    pipe_.close(ignored);
    result_.output = trim(redact(printable_lines(raw_)));
    const auto self = shared_from_this();
    const auto done = std::exchange(done_, nullptr);
    over_(self);
    loop_.post([self]() {});  // keeps `self` alive: its timer may be the caller
    done(std::move(result_));
  }

  net::Loop& loop_;
  HookCall call_;
  std::function<void(HookResult)> done_;
  std::function<void(std::shared_ptr<Child>)> over_;
  boost::asio::posix::stream_descriptor pipe_;
  net::Timer timer_;
  std::array<char, 4096> buffer_{};
  std::string raw_;
  HookResult result_;
  pid_t pid_ = -1;
  bool ended_ = false;
  bool pipe_over_ = false;
};

bool is_inherited(std::string_view name) {
  constexpr std::array<std::string_view, 13> names{
      "PATH", "HOME",   "USER",     "LOGNAME",     "SHELL",          "LANG",           "LANGUAGE",
      "TZ",   "TMPDIR", "HOSTNAME", "DOCKER_HOST", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR"};
  return std::find(names.begin(), names.end(), name) != names.end() || name.starts_with("LC_") ||
         name.starts_with("HOOK_");
}

struct ProcessHook::State {
  State(net::Loop& on, std::map<std::string, std::string> base)
      : loop(on), environment(std::move(base)), signals(on, {SIGCHLD}, [this](int) {
          const auto all = children;  // a copy: a child that is over is erased from the set
          for (const auto& child : all) child->reap();
        }) {}

  net::Loop& loop;
  std::map<std::string, std::string> environment;
  std::set<std::shared_ptr<Child>> children;
  net::Signals signals;  ///< exists before the first child, so that no SIGCHLD is missed
};

ProcessHook::ProcessHook(net::Loop& loop, std::map<std::string, std::string> environment)
    : state_(std::make_shared<State>(loop, std::move(environment))) {}

ProcessHook::~ProcessHook() {
  for (const auto& child : state_->children) child->abandon();
  state_->children.clear();
}

void ProcessHook::run(HookCall call, std::function<void(HookResult)> done) {
  std::map<std::string, std::string> environment;
  for (const auto& [name, value] : state_->environment)
    if (is_inherited(name)) environment.emplace(name, value);
  for (auto& [name, value] : call.environment) environment[name] = std::move(value);
  std::vector<std::string> texts;
  for (const auto& [name, value] : environment) texts.push_back(name + "=" + value);
  const auto over = [state = std::weak_ptr<State>(state_)](const std::shared_ptr<Child>& child) {
    if (const auto here = state.lock()) here->children.erase(child);
  };
  const auto child = std::make_shared<Child>(state_->loop, std::move(call), std::move(done), over);
  state_->children.insert(child);
  child->start(std::move(texts));
}

}  // namespace healer
