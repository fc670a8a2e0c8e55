#include "guard/append_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace healer::guard {
namespace {

constexpr std::uint64_t reserve_step = 256 * 1024;
constexpr std::uint64_t largest_read = 64 * 1024 * 1024;

tl::unexpected<Error> storage_failure(const std::string& path, const std::string& what) {
  return failure(ErrorCode::Storage, fmt::format("{}: {}: {}", path, what, std::strerror(errno)));
}

Result<std::string> whole(int fd, const std::string& path, std::uint64_t size) {
  std::string text(size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (got < 0) return storage_failure(path, "read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

}  // namespace

Result<AppendFile> AppendFile::open(const std::string& path, std::vector<std::string>& lines) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat facts {};
  if (!fd || fstat(fd.get(), &facts) != 0) return storage_failure(path, "open");
  if (!S_ISREG(facts.st_mode) || facts.st_uid != geteuid())
    return failure(ErrorCode::Storage,
                   fmt::format("{}: it is no plain file of user {}; move it away", path, geteuid()));
  if (static_cast<std::uint64_t>(facts.st_size) > largest_read)
    return failure(ErrorCode::Storage, path + ": larger than 64 MiB; move it away");
  auto text = whole(fd.get(), path, static_cast<std::uint64_t>(facts.st_size));
  if (!text) return tl::unexpected(text.error());
  std::size_t begin = 0;
  for (std::size_t end = text->find('\n'); end != std::string::npos; end = text->find('\n', begin)) {
    lines.push_back(text->substr(begin, end - begin));
    begin = end + 1;
  }
  if (begin < text->size() && ftruncate(fd.get(), static_cast<off_t>(begin)) != 0)
    return storage_failure(path, "truncate");
  AppendFile file(path, std::move(fd), begin);
  file.reserve();
  return file;
}

/// The reserved blocks lie behind the file's end, so its size shows only what was written.
void AppendFile::reserve() {
  if (size_ + reserve_step / 2 <= reserved_) return;
  const int done = fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(size_), reserve_step);
  if (done == 0) reserved_ = size_ + reserve_step;
  disk_full_ = done != 0 && (errno == ENOSPC || errno == EDQUOT);
}

Result<void> AppendFile::append(std::string_view line) {
  const std::string bytes = std::string(line) + '\n';
  const ssize_t written = pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
  if (written != static_cast<ssize_t>(bytes.size())) {
    // A part of a line must not stay in front of the next one.
    const int fault = written < 0 ? errno : ENOSPC;
    if (ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0)
      size_ += written > 0 ? static_cast<std::uint64_t>(written) : 0;
    errno = fault;
    return storage_failure(path_, "write");
  }
  if (fdatasync(fd_.get()) != 0) return storage_failure(path_, "sync");
  size_ += bytes.size();
  reserve();
  return {};
}

}  // namespace healer::guard
