#include "guard/audit.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "base/utc.hpp"
#include "guard/sha256.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

constexpr std::size_t hash_length = 64;
constexpr std::size_t longest_detail = 400;

std::string first_head() {
  return std::string(hash_length, '0');
}

std::string next_head(const std::string& head, std::string_view text) {
  return sha256_hex(head + "\n" + std::string(text));
}

}  // namespace

Result<Verified> verify_audit(const std::vector<std::string>& lines) {
  Verified verified{first_head(), 0};
  for (const std::string& line : lines) {
    ++verified.lines;
    const bool shaped = line.size() > hash_length && line[hash_length] == ' ';
    const std::string text = shaped ? line.substr(hash_length + 1) : std::string();
    const std::string head = next_head(verified.head, text);
    if (!shaped || line.compare(0, hash_length, head) != 0)
      return failure(ErrorCode::Protocol,
                     fmt::format("line {} does not follow from the lines before it: the file was "
                                 "changed, or lines are missing",
                                 verified.lines));
    verified.head = head;
  }
  return verified;
}

Result<Audit> Audit::open(const std::string& path) {
  std::vector<std::string> lines;
  auto file = AppendFile::open(path, lines);
  if (!file) return tl::unexpected(file.error());
  const auto verified = verify_audit(lines);
  if (!verified)
    return failure(ErrorCode::Storage, fmt::format("{}: {}; move it away", path, verified.error().message));
  Audit audit(std::move(*file));
  audit.head_ = verified->head;
  audit.lines_ = verified->lines;
  return audit;
}

Result<void> Audit::write(const AuditEntry& entry, WallTime now) {
  json::object object{{"line", lines_ + 1}, {"at", utc_text(now)}, {"event", entry.event}};
  for (const auto& [key, value] : {std::pair{"verb", &entry.verb}, std::pair{"subject", &entry.subject},
                                   std::pair{"outcome", &entry.outcome}, std::pair{"detail", &entry.detail}})
    if (!value->empty()) object[key] = clip(printable(*value), longest_detail);
  const std::string text = json::serialize(object);
  const std::string head = next_head(head_, text);
  if (auto written = file_.append(head + " " + text); !written) return written;
  head_ = head;
  ++lines_;
  return {};
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
