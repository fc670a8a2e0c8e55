#include "config/secret_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <sys/stat.h>

#include <fmt/format.h>

namespace healer {
namespace {

constexpr std::size_t most_bytes = 64 * 1024;

}  // namespace

Result<std::string> read_secret_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure(ErrorCode::NotFound, std::strerror(errno != 0 ? errno : EIO));
  std::string text(most_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof()))
    return failure(ErrorCode::InvalidInput, std::strerror(errno != 0 ? errno : EIO));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > most_bytes) return failure(ErrorCode::InvalidInput, "it is longer than 64 KiB");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return failure(ErrorCode::InvalidInput, "it is empty");
  return text;
}

std::string secret_file_warning(const std::string& path) {
  if (path.starts_with("/run/secrets/") || path.starts_with("/var/run/secrets/")) return {};
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0 || (file.st_mode & (S_IRGRP | S_IROTH)) == 0) return {};
  return fmt::format(
      "{} holds a secret and can be read by {} (mode {:04o}): chmod 600 {}, or mount it as a secret", path,
      (file.st_mode & S_IROTH) != 0 ? "everybody" : "its group", file.st_mode & 07777U, path);
}

}  // namespace healer
