#include "replay/recorder.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace healer::replay {
namespace {

/// Limit of the bytes that wait for one turn of the loop, so that a recording cannot use all memory.
constexpr std::size_t most_waiting = 8UL << 20;
/// Bytes kept free for the closing line.
constexpr std::uint64_t end_reserve = 200;

std::string system_text(int error) {
  return std::generic_category().message(error);
}

tl::unexpected<Error> cannot(const std::string& path, const std::string& why) {
  return failure(ErrorCode::Storage, fmt::format("cannot record to {}: {}", path, why));
}

/// Renames an existing file to `path.1` if it is a recording or empty; any other file is an error.
Result<void> set_aside(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT) return {};
    return cannot(path, system_text(errno));
  }
  if (!S_ISREG(facts.st_mode)) return cannot(path, "it is there, and no ordinary file");
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return cannot(path, system_text(errno));
  std::string begin(recording_mark.size(), '\0');
  const ssize_t size = ::pread(descriptor, begin.data(), begin.size(), 0);
  ::close(descriptor);
  if (size < 0) return cannot(path, system_text(errno));
  if (size > 0 && begin != recording_mark)
    return cannot(path, "the file there is no recording, and is not overwritten; name another path");
  if (::rename(path.c_str(), (path + ".1").c_str()) != 0) return cannot(path, system_text(errno));
  return {};
}

}  // namespace

Recorder::Recorder(RecorderSettings settings, int descriptor)
    : settings_(std::move(settings)), descriptor_(descriptor) {}

Result<std::unique_ptr<Recorder>> Recorder::begin(RecorderSettings settings, Instant now, std::uint64_t seed,
                                                  const HostPolicy& policy, const StoredState& stored) {
  if (auto done = set_aside(settings.path); !done) return tl::unexpected(std::move(done.error()));
  const int descriptor =
      ::open(settings.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return cannot(settings.path, system_text(errno));
  std::unique_ptr<Recorder> recorder(new Recorder(std::move(settings), descriptor));
  recorder->append(recorder->text_.head(recorder->settings_.version, now, seed, policy, stored));
  recorder->flush();
  return recorder;
}

Recorder::~Recorder() {
  if (recording()) end("healer ended");
  flush();
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Recorder::step(const Event& event, Instant now, const Effects& effects) {
  if (recording()) append(text_.step(event, now, effects));
}

void Recorder::append(std::string lines) {
  if (written_ + waiting_.size() + lines.size() + end_reserve > settings_.limit) {
    end("record_size reached");
    settings_.log(LogLevel::Warning, fmt::format("{} has reached record_size: the recording ends; the next "
                                                 "start of healer begins a new one",
                                                 settings_.path));
    return;
  }
  if (waiting_.size() + lines.size() > most_waiting) {
    end("more to write than the loop had time for");
    settings_.log(
        LogLevel::Warning,
        fmt::format("the recording to {} ends: more to write than the loop had time for", settings_.path));
    return;
  }
  waiting_ += lines;
  if (std::exchange(posted_, true)) return;
  settings_.post([this, alive = std::weak_ptr<bool>(alive_)]() {
    if (!alive.expired()) flush();
  });
}

void Recorder::end(std::string_view why) {
  waiting_ += text_.end(why);
  ended_ = true;
  flush();
}

void Recorder::flush() {
  posted_ = false;
  std::string_view rest = waiting_;
  while (descriptor_ >= 0 && !rest.empty()) {
    const ssize_t size = ::write(descriptor_, rest.data(), rest.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      const int error = size < 0 ? errno : ENOSPC;
      // Cuts the file after its last complete line. If that fails, too, a replay ignores the incomplete last
      // line.
      const std::size_t whole = waiting_.substr(0, waiting_.size() - rest.size()).rfind('\n') + 1;
      (void)!::ftruncate(descriptor_, static_cast<off_t>(written_ + whole));
      ::close(std::exchange(descriptor_, -1));
      settings_.log(LogLevel::Error, fmt::format("the recording to {} ends, healing goes on: {}",
                                                 settings_.path, system_text(error)));
      break;
    }
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  written_ += waiting_.size();
  waiting_.clear();
}

}  // namespace healer::replay
