#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "base/result.hpp"
#include "base/time.hpp"
#include "guard/append_file.hpp"
#include "guard/rules.hpp"
#include "guard/settings.hpp"

namespace healer::guard {

/// One thing that happened at the guard.
struct AuditEntry {
  std::string event;  ///< "start", "order", "answer", "refusal", "operator", "end"
  std::string verb;
  std::string subject;  ///< a container's id and name
  std::string outcome;  ///< the rule of a refusal, the status of an answer
  std::string detail;
};

/// The audit file: a line is HASH SP JSON, where HASH is the SHA-256 of the former line's hash, a line end
/// and the JSON. Whoever changes, removes or inserts a line changes every later hash, and the head is
/// published elsewhere. A file that has reached its size is renamed after the number of its first line, and
/// the next one begins with a line that repeats the hash before it, so the chain goes on. Refusals of one
/// rule and verb are one line at once, and one more each minute with their count.
class Audit {
 public:
  static Result<Audit> open(const std::string& path, const AuditLimits& limits = {});

  Result<void> write(const AuditEntry& entry, WallTime now);
  void refused(const std::string& verb, const std::string& subject, const Refusal& refusal, WallTime now);
  /// Writes the counts of the refusals since the last call.
  void write_counts(WallTime now);

  const std::string& head() const { return head_; }
  std::uint64_t lines() const { return lines_; }
  std::uint64_t refusals() const { return refusals_; }

 private:
  struct Count {
    std::uint64_t more = 0;  ///< since the line
    std::string reason;
  };

  Audit(std::string path, AppendFile file, const AuditLimits& limits)
      : path_(std::move(path)), limits_(limits), file_(std::move(file)) {}
  Result<void> append(AppendFile& file, const boost::json::object& line);
  Result<void> rotate(WallTime now);

  std::string path_;
  AuditLimits limits_;
  AppendFile file_;
  std::uint64_t first_line_ = 1;    ///< of this file
  std::deque<std::string> former_;  ///< paths, the oldest first
  std::string head_;
  std::uint64_t lines_ = 0;
  std::uint64_t refusals_ = 0;
  std::map<std::pair<std::string, std::string>, Count> counts_;  ///< by rule and verb, of this minute
};

/// The end of a chain that holds.
struct Verified {
  std::string head;
  std::uint64_t lines = 0;       ///< since the first file
  std::uint64_t first_line = 1;  ///< of the lines that were looked at
};
/// Else the error names the first line that does not fit. `former`: the end of the files before; empty: they
/// are not at hand, and the first line says what it follows.
Result<Verified> verify_audit(const std::vector<std::string>& lines,
                              const std::optional<Verified>& former = {});

/// Verifies files in any order, as parts of one chain. An error names the file.
Result<Verified> verify_audit_files(const std::vector<std::string>& paths);

}  // namespace healer::guard
