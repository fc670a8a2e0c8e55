#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "guard/io.hpp"

namespace healer::guard {

/// A file of lines that only grows. Space is reserved ahead of need, so that a full disk is noticed before a
/// line is lost. The file must be a plain one that belongs to this user.
class AppendFile {
 public:
  /// Opens or creates it. `lines` gets the complete lines; what follows the last line end is cut off.
  static Result<AppendFile> open(const std::string& path, std::vector<std::string>& lines);

  /// Writes the line and waits until the disk has it.
  Result<void> append(std::string_view line);
  std::uint64_t size() const { return size_; }
  /// The disk has no space for more lines than those that are reserved.
  bool disk_full() const { return disk_full_; }

 private:
  AppendFile(std::string path, Fd fd, std::uint64_t size)
      : path_(std::move(path)), fd_(std::move(fd)), size_(size) {}
  void reserve();

  std::string path_;
  Fd fd_;
  std::uint64_t size_ = 0;
  std::uint64_t reserved_ = 0;
  bool disk_full_ = false;
};

}  // namespace healer::guard
