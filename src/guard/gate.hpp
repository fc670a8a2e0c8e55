#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "guard/audit.hpp"
#include "guard/catalogue.hpp"
#include "guard/journal.hpp"
#include "guard/ledger.hpp"
#include "guard/verb.hpp"

namespace healer::guard {

/// An answer to healer.
struct Reply {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::string api_version;  ///< of a ping
};
/// {"message": ...}, as the engine writes its errors.
Reply with_message(int status, const std::string& message);
Reply reply_of(const Refusal& refusal);

/// Sends the parts of an answer without an end. `begin` once, before the first part.
struct ReplyStream {
  std::function<Result<void>()> begin;
  std::function<Result<void>(std::string_view)> send;
  int client = -1;
};

/// The files of the guard's memory.
struct Memory {
  Ledger ledger;
  Journal journal;
  Audit audit;
  std::vector<RecreationRecord> unfinished;
};

/// Carries out one verb after the other: it inspects, decides, writes down, and sends the engine a request of
/// its own making. Used by several threads; one lock guards the ledger and the files, so that two orders
/// never share one place in a budget.
///
/// gate.cpp has the orders, gate_read.cpp what only reads and the commands, gate_events.cpp what the engine
/// and the operator say.
class Gate {
 public:
  Gate(Settings settings, EngineClient& engine, Memory memory, std::string self);

  /// `stream` is used by events alone, whose reply counts only if the stream did not begin. `client`:
  /// healer's connection; when it ends, so do long calls that only read.
  Reply answer(const Verb& verb, const ReplyStream& stream);
  /// A request that was refused before it was a verb.
  Reply refused(const std::string& verb, const std::string& subject, const Refusal& refusal);

  /// An operator's order: "pause web", "resume web", "reset web", "release web", "status".
  std::string operator_order(const std::string& line);

  /// Finishes or undoes the recreations that were cut, by the end of a process or of the engine.
  void resume_recreations();
  /// For the plugin, whose client finishes them.
  std::vector<RecreationRecord> take_unfinished();

  // Decisions. What they let through may be sent to the engine, by the guard or, if it is a plugin, by
  // healer.

  struct Ordered {
    std::uint64_t number = 0;
    OrderKind kind = OrderKind::Restart;
    Inspected target;
  };
  /// A container that healer sees whole.
  Ruled<Inspected> watched(const std::string& target);
  Ruled<Inspected> exec_allowed(const ExecCreateVerb& verb);
  Ruled<Inspected> recreation_allowed(const RecreateVerb& verb);
  Ruled<void> image_allowed(const ImageVerb& verb);
  /// Judged and written down. `answered` ends it.
  Ruled<Ordered> ordered(OrderKind kind, const std::string& target, const std::string& signal);
  void answered(const Ordered& order, const std::string& outcome);
  Ruled<RecreationRecord> recreation_ordered(const RecreateVerb& verb, const Facts& facts);
  void end_recreation(const RecreationRecord& record, const Result<std::string>& successor,
                      const std::string& detail);
  /// The engine made an exec for healer, which may start it once.
  void exec_made(const std::string& exec_id, const std::string& container_id);
  /// The id of its container.
  Ruled<std::string> take_exec(const std::string& exec_id);
  /// The engine's answer about an exec of a container that healer sees whole.
  Ruled<boost::json::object> exec_state(const std::string& exec_id);

  // For the watcher.
  void connected(const std::vector<SeenContainer>& all);
  void lost_connection();
  void engine_event(const boost::json::object& event);
  SeenContainer seen(const boost::json::object& list_entry);

  /// Once a minute: the counts of refusals; returns the audit file's head, for standard output.
  std::string minute();

  const EngineClient& engine() const { return engine_; }
  const Settings& settings() const { return settings_; }

 private:
  struct Handle {
    std::string container_id;
    enum class Use { Created, Started } use = Use::Created;
  };

  Ruled<Reply> perform(const Verb& verb, const ReplyStream& stream);
  Ruled<std::uint64_t> order(OrderKind kind, const Facts& facts);
  void note_healthy(const std::string& lineage, const std::string& image_id);
  Ruled<Reply> simple_order(OrderKind kind, const std::string& target, std::optional<unsigned> seconds,
                            const std::string& signal);
  Ruled<Reply> recreate(const RecreateVerb& verb);
  Ruled<Reply> read(const std::string& path,
                    std::function<boost::json::value(const boost::json::value&)> shown);
  Ruled<Reply> list();
  Ruled<Reply> inspect(const InspectVerb& verb);
  Ruled<Reply> logs(const LogsVerb& verb, int client);
  Ruled<Reply> events(const EventsVerb& verb, const ReplyStream& stream);
  Ruled<Reply> image(const ImageVerb& verb);
  Ruled<Reply> exec_create(const ExecCreateVerb& verb);
  Ruled<Reply> exec_start(const ExecStartVerb& verb, int client);
  Ruled<Reply> exec_inspect(const ExecInspectVerb& verb);
  Ruled<void> take_exec_place();
  Reply metrics();

  const Settings settings_;
  EngineClient& engine_;
  const std::string self_;
  Catalogue catalogue_;

  std::mutex mutex_;
  Memory memory_;
  bool sees_events_ = false;
  std::map<std::string, Handle> handles_;
  std::deque<std::string> handles_by_age_;
  std::deque<std::chrono::steady_clock::time_point> execs_;
};

}  // namespace healer::guard
