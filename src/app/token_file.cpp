#include "app/token_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace healer {
namespace {

constexpr mode_t token_mode = S_IRUSR | S_IWUSR | S_IRGRP;

/// Whether all of it is on the disk; else errno says why.
bool write_file(int file, std::string_view text) {
  // The process's mask does not decide who reads the file.
  if (::fchmod(file, token_mode) != 0) return false;
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

}  // namespace

std::string random_token() {
  std::array<unsigned char, 24> bytes{};
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

Result<void> make_token_file(const std::string& path, const std::string& token) {
  struct stat seen {};
  if (path.empty() || ::lstat(path.c_str(), &seen) == 0) return {};
  const auto failed = [&](int reason) {
    return failure(ErrorCode::Refused, fmt::format("{}: {}", path, std::strerror(reason)));
  };
  // Of this process alone; what a killed process left under this name is replaced.
  const std::string part = fmt::format("{}.{}.new", path, ::getpid());
  ::unlink(part.c_str());
  const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, token_mode);
  if (file < 0) return failed(errno);
  int reason = write_file(file, token + "\n") ? 0 : errno;
  ::close(file);
  // Not rename: the first of several processes wins, and the others use its token.
  if (reason == 0 && ::link(part.c_str(), path.c_str()) != 0 && errno != EEXIST) reason = errno;
  ::unlink(part.c_str());
  if (reason != 0) return failed(reason);
  return {};
}

}  // namespace healer
