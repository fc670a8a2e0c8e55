#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace healer::store {

/// The lock of a state file: `<path>.lock`, held with flock while this object lives; the kernel releases it
/// when the process dies. The lock file contains the owner's pid and host name, for operators. It is never
/// deleted: two processes could both hold the lock of a deleted file.
class FileLock {
 public:
  /// Conflict: another process, named in the message, holds the lock. Storage: the lock file cannot be made.
  static Result<FileLock> acquire(const std::string& state_path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();
  /// Whether the lock file of this state file is still the one that is locked.
  bool is_of(const std::string& state_path) const;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// Which file a path names: another one with the same name has another identity.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};
/// Empty: there is no such file. Links are not followed.
std::optional<FileIdentity> identity_of(const std::string& path);

/// InvalidInput, if one of the files of a state file (itself, -wal, -shm, -journal, .lock) is there and is a
/// link, has further names, or belongs to another user: then another program or user decides what it holds.
Result<void> check_own_files(const std::string& state_path);

/// InvalidInput, if the state file has content that SQLite never writes and no healer ever used it (there is
/// no lock file beside it): it belongs to another program, and healer must not move it. To be called before
/// the lock.
Result<void> check_own_content(const std::string& state_path);

/// Creates the file's folder (0700) if it is missing.
Result<void> create_folder_for(const std::string& path);

/// Removes the file's name, if it is there.
void remove_file(const std::string& path);

/// Makes sure that the file exists, is writable and is private to its owner (0600). SQLite gives the files
/// beside it (-wal, -shm, -journal) the same mode.
Result<void> create_private_file(const std::string& path);

/// Renames the file and its -wal and -shm to `<path>.<mark>-<UTC time>...`, with a number at the end if that
/// name is taken, and returns the new name.
Result<std::string> move_aside(const std::string& path, const std::string& mark, WallTime now);

}  // namespace healer::store
