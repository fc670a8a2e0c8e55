#include "config/secret_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

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

}  // namespace healer
