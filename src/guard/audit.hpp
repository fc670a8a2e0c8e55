#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "guard/append_file.hpp"
#include "guard/rules.hpp"

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
/// published elsewhere. Refusals of one rule and verb are one line at once, and one more each minute with
/// their count.
class Audit {
 public:
  static Result<Audit> open(const std::string& path);

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

  explicit Audit(AppendFile file) : file_(std::move(file)) {}

  AppendFile file_;
  std::string head_;
  std::uint64_t lines_ = 0;
  std::uint64_t refusals_ = 0;
  std::map<std::pair<std::string, std::string>, Count> counts_;  ///< by rule and verb, of this minute
};

/// The head of a file whose chain holds; else the number of the first line that does not fit.
struct Verified {
  std::string head;
  std::uint64_t lines = 0;
};
Result<Verified> verify_audit(const std::vector<std::string>& lines);

}  // namespace healer::guard
