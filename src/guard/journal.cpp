#include "guard/journal.hpp"

#include <unistd.h>

#include <cstdio>
#include <map>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "guard/facts.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

std::int64_t number_at(const json::object& line, std::string_view key) {
  const json::value* value = line.if_contains(key);
  return value && value->is_int64() ? value->get_int64() : 0;
}

std::string line_of(const Order& order) {
  return json::serialize(json::object{{"line", "order"},
                                      {"number", order.number},
                                      {"at", order.at.unix_ms},
                                      {"kind", to_string(order.kind)},
                                      {"id", order.subject.id},
                                      {"name", order.subject.name},
                                      {"lineage", order.subject.lineage}});
}

std::string line_of(const RecreationRecord& record) {
  return json::serialize(json::object{{"line", "recreation"},
                                      {"number", record.number},
                                      {"id", record.id},
                                      {"name", record.name},
                                      {"new_name", record.new_name},
                                      {"aside_name", record.aside_name},
                                      {"image", record.image}});
}

std::string line_of_healthy(const std::string& lineage, const std::string& image_id) {
  return json::serialize(json::object{{"line", "healthy"}, {"lineage", lineage}, {"image", image_id}});
}

std::string line_of_operator(const std::string& what, const std::string& name) {
  return json::serialize(json::object{{"line", what}, {"name", name}});
}

/// Puts the lines of a file into a ledger.
class Replay {
 public:
  explicit Replay(Ledger& ledger) : ledger_(ledger) {}

  void take(const std::string& text) {
    const auto read = object_of(text);
    if (!read) return;
    const json::object& line = *read;
    const std::string kind = text_at(line, "line");
    const auto number = static_cast<std::uint64_t>(number_at(line, "number"));
    if (kind == "order") return take_order(line, number);
    if (kind == "answer") return ledger_.answered(number, {number_at(line, "at")});
    if (kind == "pause") return ledger_.pause(text_at(line, "name"));
    if (kind == "resume") return ledger_.resume(text_at(line, "name"));
    if (kind == "reset") return ledger_.reset(text_at(line, "name"));
    if (kind == "recreation")
      unfinished[number] = {number,
                            text_at(line, "id"),
                            text_at(line, "name"),
                            text_at(line, "new_name"),
                            text_at(line, "aside_name"),
                            text_at(line, "image")};
    if (kind == "healthy") (void)ledger_.healthy(text_at(line, "lineage"), text_at(line, "image"));
    if (kind == "recreation_end") unfinished.erase(number);
  }
  std::map<std::uint64_t, RecreationRecord> unfinished;

 private:
  void take_order(const json::object& line, std::uint64_t number) {
    const auto kind = order_kind_of(text_at(line, "kind"));
    if (!kind) return;
    ledger_.ordered({number,
                     *kind,
                     {text_at(line, "id"), text_at(line, "name"), text_at(line, "lineage")},
                     {number_at(line, "at")}});
  }

  Ledger& ledger_;
};

}  // namespace

Result<Journal> Journal::open(const std::string& path, Ledger& ledger, WallTime now,
                              std::vector<RecreationRecord>& unfinished) {
  std::vector<std::string> lines;
  if (auto old = AppendFile::open(path, lines); !old) return tl::unexpected(old.error());
  Replay replay(ledger);
  for (const std::string& line : lines) replay.take(line);
  ledger.replayed();
  for (const auto& [number, record] : replay.unfinished) unfinished.push_back(record);

  const std::string fresh_path = path + ".new";
  unlink(fresh_path.c_str());
  std::vector<std::string> none;
  auto fresh = AppendFile::open(fresh_path, none);
  if (!fresh) return tl::unexpected(fresh.error());
  std::vector<std::string> kept;
  for (const Order& order : ledger.recent(now)) kept.push_back(line_of(order));
  for (const RecreationRecord& record : unfinished) kept.push_back(line_of(record));
  for (const std::string& name : ledger.paused()) kept.push_back(line_of_operator("pause", name));
  for (const auto& [lineage, images] : ledger.healthy_images())
    for (const std::string& image : images) kept.push_back(line_of_healthy(lineage, image));
  for (const std::string& line : kept)
    if (auto written = fresh->append(line); !written) return tl::unexpected(written.error());
  if (std::rename(fresh_path.c_str(), path.c_str()) != 0)
    return failure(ErrorCode::Storage, path + ": cannot be replaced by " + fresh_path);
  return Journal(std::move(*fresh));
}

Result<void> Journal::ordered(const Order& order) {
  return file_.append(line_of(order));
}

Result<void> Journal::answered(std::uint64_t number, WallTime at) {
  return file_.append(
      json::serialize(json::object{{"line", "answer"}, {"number", number}, {"at", at.unix_ms}}));
}

Result<void> Journal::recreation_begins(const RecreationRecord& record) {
  return file_.append(line_of(record));
}

Result<void> Journal::recreation_ended(std::uint64_t number, const std::string& successor) {
  return file_.append(json::serialize(
      json::object{{"line", "recreation_end"}, {"number", number}, {"successor", successor}}));
}

Result<void> Journal::healthy(const std::string& lineage, const std::string& image_id) {
  return file_.append(line_of_healthy(lineage, image_id));
}

Result<void> Journal::operator_ordered(const std::string& what, const std::string& name) {
  return file_.append(line_of_operator(what, name));
}

}  // namespace healer::guard
