#include "store/file.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.hpp"

namespace healer::store {
namespace {

std::string system_text(int error) {
  return std::generic_category().message(error);
}

std::string read_some(int descriptor) {
  char buffer[200];
  const ssize_t size = ::pread(descriptor, buffer, sizeof buffer, 0);
  return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string{};
}

bool exists(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0;
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::string& state_path) {
  const std::string path = state_path + ".lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return failure(ErrorCode::Storage, "cannot create " + path + ": " + system_text(errno));
  FileLock lock{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return failure(ErrorCode::Storage, "cannot lock " + path + ": " + system_text(errno));
    // "<pid> <host>": the host name distinguishes containers, because pids in every container start at 1.
    const std::string text = printable(read_some(descriptor));
    const auto words = split(trim(text), ' ');
    std::string owner = words[0].empty() ? "of unknown pid" : words[0];
    if (words.size() > 1) owner += " on " + words[1];
    return failure(ErrorCode::Conflict,
                   "state file " + state_path + " is in use by another healer, process " + owner +
                       "; stop that one, or give this one a state file of its own (--state, HEALER_STATE)");
  }
  char host[65] = "";
  (void)::gethostname(host, sizeof host - 1);
  const std::string text = std::to_string(::getpid()) + " " + host + "\n";
  // The text is for operators; the lock holds without it, also on a full disk.
  if (::pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
    (void)!::ftruncate(descriptor, static_cast<off_t>(text.size()));
  return lock;
}

bool FileLock::is_of(const std::string& state_path) const {
  struct stat facts {};
  if (::fstat(descriptor_, &facts) != 0) return false;
  return identity_of(state_path + ".lock") == FileIdentity{facts.st_dev, facts.st_ino};
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return std::nullopt;
  return FileIdentity{facts.st_dev, facts.st_ino};
}

Result<void> check_own_files(const std::string& state_path) {
  for (const char* part : {"", "-wal", "-shm", "-journal", ".lock"}) {
    const std::string path = state_path + part;
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0) continue;
    if (S_ISLNK(facts.st_mode))
      return failure(ErrorCode::InvalidInput,
                     path +
                         " is a symbolic link, which healer does not follow; give it the file itself "
                         "(--state, HEALER_STATE)");
    if (!S_ISREG(facts.st_mode)) return failure(ErrorCode::InvalidInput, path + " is not a regular file");
    if (facts.st_nlink > 1)
      return failure(ErrorCode::InvalidInput, path +
                                                  " has a second name (a hard link): another program may "
                                                  "use it; give healer a file of its own");
    if (facts.st_uid != ::geteuid())
      return failure(ErrorCode::InvalidInput,
                     fmt::format("{} belongs to uid {}, and healer runs as uid {}: change the owner (chown), "
                                 "or give healer a file of its own (--state, HEALER_STATE)",
                                 path, facts.st_uid, ::geteuid()));
  }
  return {};
}

Result<void> check_own_content(const std::string& state_path) {
  constexpr std::string_view magic{"SQLite format 3", 16};  // with its final 0
  if (exists(state_path + ".lock")) return {};
  const int descriptor = ::open(state_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return {};
  const std::string begin = read_some(descriptor).substr(0, magic.size());
  ::close(descriptor);
  if (begin.empty() || begin == magic) return {};
  return failure(ErrorCode::InvalidInput,
                 "state file " + state_path +
                     " is no state file of healer, and no healer ever used it; healer leaves it as it is. "
                     "Give healer a file of its own (--state, HEALER_STATE)");
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> create_folder_for(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error)) return {};
  const mode_t before = ::umask(0077);
  error.clear();
  fs::create_directories(folder, error);
  ::umask(before);
  if (error)
    return failure(ErrorCode::Storage,
                   "cannot create the folder " + folder.string() + ": " + error.message());
  return {};
}

void remove_file(const std::string& path) {
  (void)::unlink(path.c_str());
}

Result<void> create_private_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (descriptor < 0)
    return failure(ErrorCode::Storage, "cannot open " + path + " for writing: " + system_text(errno));
  struct stat facts {};
  const bool regular = ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
  // Ignores a failure: if another user owns the file, healer cannot change the mode, but can write the file.
  if (regular && (facts.st_mode & 0777) != 0600) (void)!::fchmod(descriptor, 0600);
  ::close(descriptor);
  if (!regular) return failure(ErrorCode::Storage, path + " is not a regular file");
  return {};
}

Result<std::string> move_aside(const std::string& path, const std::string& mark, WallTime now) {
  const std::time_t seconds = now.unix_ms / 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
  const std::string wanted = path + "." + mark + "-" + stamp;
  std::string aside = wanted;
  const char* const parts[] = {"", "-wal", "-shm"};
  const auto taken = [&] {
    for (const char* part : parts)
      if (exists(aside + part)) return true;
    return false;
  };
  for (int n = 2; taken(); ++n) aside = wanted + "-" + std::to_string(n);
  for (const char* part : parts) {
    if (!exists(path + part)) continue;
    if (::rename((path + part).c_str(), (aside + part).c_str()) != 0)
      return failure(ErrorCode::Storage,
                     "cannot move " + path + part + " to " + aside + part + ": " + system_text(errno));
  }
  return aside;
}

}  // namespace healer::store
