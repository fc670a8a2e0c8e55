#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace healer::store {

/// The claim on a state file: `<path>.lock`, held with flock for as long as this object lives and released
/// by the kernel when the process dies. It holds the owner's pid and host name, for operators. Never deleted:
/// a deleted lock file could be locked twice.
class FileLock {
 public:
  /// Conflict: another process holds it (named in the message). Storage: the lock file cannot be made.
  static Result<FileLock> acquire(const std::string& state_path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// Creates the folder above the file (0700) if it is missing.
Result<void> create_folder_for(const std::string& path);

/// Makes sure that the file exists, can be written and is for its owner alone (0600). SQLite gives the
/// files beside it (-wal, -shm, -journal) the same mode.
Result<void> create_private_file(const std::string& path);

/// Renames the file and its -wal and -shm to `<path>.<mark>-<UTC time>...`, a name that is free, and returns
/// that name.
Result<std::string> move_aside(const std::string& path, const std::string& mark, WallTime now);

}  // namespace healer::store
