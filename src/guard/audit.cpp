#include "guard/audit.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "base/utc.hpp"
#include "guard/facts.hpp"
#include "guard/sha256.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

constexpr std::size_t hash_length = 64;
constexpr std::size_t longest_detail = 400;

/// Event of the first line of a file that continues another.
constexpr const char* continued = "continues";
constexpr int number_length = 12;  ///< so that names sort as numbers

std::string next_path(const std::string& path) {
  return path + ".next";
}

json::object json_of(std::string_view line) {
  return object_of(line.substr(std::min(line.size(), hash_length + 1))).value_or(json::object());
}

std::uint64_t line_number(const json::object& line) {
  const json::value* number = line.if_contains("line");
  return number && number->is_int64() && number->get_int64() > 0
             ? static_cast<std::uint64_t>(number->get_int64())
             : 0;
}

std::string first_head() {
  return std::string(hash_length, '0');
}

std::string next_head(const std::string& head, std::string_view text) {
  return sha256_hex(head + "\n" + std::string(text));
}

}  // namespace

Result<Verified> verify_audit(const std::vector<std::string>& lines, const std::optional<Verified>& former) {
  Verified verified = former.value_or(Verified{first_head(), 0, 1});
  if (!former && !lines.empty()) {
    const json::object first = json_of(lines.front());
    if (text_at(first, "event") == continued && line_number(first) > 0)
      verified = {text_at(first, "follows"), line_number(first) - 1, line_number(first)};
  }
  for (const std::string& line : lines) {
    ++verified.lines;
    const bool shaped = line.size() > hash_length && line[hash_length] == ' ';
    const std::string head =
        next_head(verified.head, shaped ? std::string_view(line).substr(hash_length + 1) : "");
    if (!shaped || line.compare(0, hash_length, head) != 0)
      return failure(ErrorCode::Protocol,
                     fmt::format("line {} does not follow from the lines before it: the file was "
                                 "changed, or lines are missing",
                                 verified.lines));
    verified.head = head;
  }
  return verified;
}

Result<Verified> verify_audit_files(const std::vector<std::string>& paths) {
  std::map<std::uint64_t, std::pair<std::string, std::vector<std::string>>> files;
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return failure(ErrorCode::NotFound, path + ": it cannot be read");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::string> lines = split(text, '\n');
    // A line without its end was being written when the guard ended.
    if (!lines.empty()) lines.pop_back();
    const std::uint64_t first = lines.empty() ? 0 : line_number(json_of(lines.front()));
    if (!files.try_emplace(first, path, std::move(lines)).second)
      return failure(ErrorCode::InvalidInput, path + ": another file begins with the same line");
  }
  std::optional<Verified> verified;
  for (const auto& [first, file] : files) {
    auto next = verify_audit(file.second, verified);
    if (!next) return failure(next.error().code, file.first + ": " + next.error().message);
    verified = std::move(*next);
  }
  if (!verified) return failure(ErrorCode::InvalidInput, "no file");
  return *verified;
}

Result<Audit> Audit::open(const std::string& path, const AuditLimits& limits) {
  // A guard that ended between the two renames of rotate().
  if (std::error_code none; !std::filesystem::exists(path, none))
    std::filesystem::rename(next_path(path), path, none);
  std::vector<std::string> lines;
  auto file = AppendFile::open(path, lines);
  if (!file) return tl::unexpected(file.error());
  const auto verified = verify_audit(lines);
  if (!verified)
    return failure(ErrorCode::Storage, fmt::format("{}: {}; move it away", path, verified.error().message));
  Audit audit(path, std::move(*file), limits);
  audit.head_ = verified->head;
  audit.lines_ = verified->lines;
  audit.first_line_ = verified->first_line;
  std::error_code none;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(path).parent_path(), none)) {
    const std::string former = entry.path().string();
    const bool numbered = former.size() == path.size() + 1 + number_length &&
                          former.starts_with(path + ".") &&
                          former.find_first_not_of("0123456789", path.size() + 1) == std::string::npos;
    if (numbered) audit.former_.push_back(former);
  }
  std::sort(audit.former_.begin(), audit.former_.end());
  return audit;
}

Result<void> Audit::append(AppendFile& file, const json::object& line) {
  const std::string text = json::serialize(line);
  const std::string head = next_head(head_, text);
  if (auto written = file.append(head + " " + text); !written) return written;
  head_ = head;
  ++lines_;
  return {};
}

/// The next file is whole before this one is renamed: on a full disk this one goes on, in the space reserved
/// for it.
Result<void> Audit::rotate(WallTime now) {
  const std::string next = next_path(path_);
  std::remove(next.c_str());
  std::vector<std::string> none;
  auto fresh = AppendFile::open(next, none);
  if (!fresh) return tl::unexpected(fresh.error());
  if (fresh->disk_full()) return failure(ErrorCode::Storage, next + ": no space");
  const std::string head = head_;
  const std::uint64_t lines = lines_;
  const std::string former = fmt::format("{}.{:0{}}", path_, first_line_, number_length);
  auto done =
      append(*fresh, {{"line", lines_ + 1}, {"at", utc_text(now)}, {"event", continued}, {"follows", head_}});
  if (done &&
      (std::rename(path_.c_str(), former.c_str()) != 0 || std::rename(next.c_str(), path_.c_str()) != 0)) {
    (void)std::rename(former.c_str(), path_.c_str());
    done = failure(ErrorCode::Storage, path_ + ": cannot be renamed");
  }
  if (!done) {
    head_ = head;
    lines_ = lines;
    return done;
  }
  // The new names must last as long as the lines.
  const Fd folder(::open(std::filesystem::path(path_).parent_path().c_str(), O_RDONLY | O_CLOEXEC));
  (void)fsync(folder.get());
  file_ = std::move(*fresh);
  first_line_ = lines_;
  former_.push_back(former);
  for (; former_.size() > limits_.former_files; former_.pop_front()) std::remove(former_.front().c_str());
  return {};
}

Result<void> Audit::write(const AuditEntry& entry, WallTime now) {
  if (file_.size() >= limits_.file_bytes) (void)rotate(now);
  json::object object{{"line", lines_ + 1}, {"at", utc_text(now)}, {"event", entry.event}};
  for (const auto& [key, value] : {std::pair{"verb", &entry.verb}, std::pair{"subject", &entry.subject},
                                   std::pair{"outcome", &entry.outcome}, std::pair{"detail", &entry.detail}})
    if (!value->empty()) object[key] = clip(printable(*value), longest_detail);
  return append(file_, object);
}

void Audit::refused(const std::string& verb, const std::string& subject, const Refusal& refusal,
                    WallTime now) {
  ++refusals_;
  const auto [count, first] = counts_.try_emplace({to_string(refusal.rule), verb});
  if (!first) {
    ++count->second.more;
    count->second.reason = refusal.reason;
    return;
  }
  // Best effort: what was refused was not done.
  (void)write({"refusal", verb, subject, to_string(refusal.rule), refusal.reason}, now);
}

void Audit::write_counts(WallTime now) {
  for (const auto& [key, count] : counts_)
    if (count.more > 0)
      (void)write({"refusals", key.second, "", key.first,
                   fmt::format("{} more; the last: {}", count.more, count.reason)},
                  now);
  counts_.clear();
}

}  // namespace healer::guard
