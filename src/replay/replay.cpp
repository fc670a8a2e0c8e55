#include "replay/replay.hpp"

#include <cerrno>
#include <fstream>
#include <istream>
#include <memory>
#include <ostream>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "core/supervisor.hpp"
#include "present/log_text.hpp"
#include "replay/digest.hpp"
#include "replay/recording.hpp"
#include "replay/words.hpp"

namespace healer::replay {
namespace {

namespace json = boost::json;

/// The output of a replay, as text or as JSON lines.
class View {
 public:
  View(const ReplayRequest& request, std::ostream& out) : request_(request), out_(out) {}

  void begin_at(Instant from) { from_ = from; }

  void event(const RecordedStep& step) {
    if (!request_.verbose || step.now < from_) return;
    if (request_.json) {
      json::object object = at(step.now);
      object["kind"] = "event";
      object["event"] = event_of(step);
      out_ << json::serialize(object) << '\n';
    } else {
      out_ << fmt::format("{}  event {}\n", time_text(step.now), printable(step.event_text));
    }
  }

  void effects(Instant now, const Effects& effects, const Supervisor& core) {
    if (now < from_) return;
    if (!request_.workload.empty())
      if (auto key = core.find(request_.workload)) key_ = std::move(*key);
    for (const Effect& effect : effects) {
      if (const auto reported = effect_text(effect)) show(now, *reported);
      if (const auto* report = std::get_if<Report>(&effect); report != nullptr && request_.verbose)
        show(now,
             EffectText{
                 "log", report->workload, to_string(report->level), {}, present::log_line(*report).message});
    }
  }

  void difference(std::uint64_t line, const RecordedStep& step, const Effects& present) {
    const std::vector<std::string> now = words(present);
    if (request_.json) {
      json::object object = at(step.now);
      object["kind"] = "difference";
      object["line"] = line;
      object["event"] = event_of(step);
      object["recorded"] = list(step.words);
      object["present"] = list(now);
      out_ << json::serialize(object) << '\n';
      return;
    }
    out_ << fmt::format("line {}: at {} the same event is answered otherwise\n  event: {}\n", line,
                        time_text(step.now), printable(step.event_text));
    print("recorded", step.words);
    print("present", now);
    if (step.words == now)
      out_ << "  they differ in what these words do not show: probes, wake-ups, records, log or numbers\n";
  }

  void end(std::uint64_t steps, std::uint64_t decisions, bool same, const std::string& why) {
    if (request_.json) {
      out_ << json::serialize(json::object{
                  {"kind", "end"}, {"events", steps}, {"decisions", decisions}, {"same", same}, {"end", why}})
           << '\n';
      return;
    }
    out_ << fmt::format("{} events, {} decisions: {}\n", steps, decisions,
                        same ? "the same effects" : "NOT the same effects");
  }

 private:
  static json::object at(Instant now) { return {{"at", wall_time_of(now).unix_ms}}; }

  static json::value event_of(const RecordedStep& step) {
    ValueWriter writer;  // secrets were read as "<redacted>" and stay hidden
    return writer.event(step.event);
  }

  static json::array list(const std::vector<std::string>& texts) {
    json::array array;
    for (const std::string& text : texts) array.emplace_back(text);
    return array;
  }

  void print(const char* whose, const std::vector<std::string>& all) {
    out_ << fmt::format("  {}:{}\n", whose, all.empty() ? " nothing decided" : "");
    for (const std::string& each : all) out_ << "    " << printable(each) << '\n';
  }

  void show(Instant now, const EffectText& reported) {
    if (!request_.workload.empty() && reported.workload != request_.workload && reported.workload != key_)
      return;
    if (!request_.json) {
      out_ << fmt::format("{}  {}\n", time_text(now), words(reported));
      return;
    }
    json::object object = at(now);
    object["kind"] = reported.kind;
    object["workload"] = reported.workload;
    object["what"] = reported.what;
    object["inputs"] = reported.inputs;
    object["outcome"] = reported.outcome;
    out_ << json::serialize(object) << '\n';
  }

  const ReplayRequest& request_;
  std::ostream& out_;
  Instant from_ = Instant::min();
  std::string key_;  ///< key of the requested workload; empty until it was seen
};

std::size_t decisions_in(const Effects& effects) {
  std::size_t count = 0;
  for (const Effect& effect : effects)
    if (const auto* persist = std::get_if<Persist>(&effect))
      count += std::holds_alternative<Decision>(persist->record) ? 1 : 0;
  return count;
}

/// One replay, line by line.
class Replay {
 public:
  Replay(const ReplayRequest& request, std::ostream& out, std::ostream& err)
      : request_(request), err_(err), view_(request, out) {}

  int run(std::istream& in) {
    std::string line;
    while (result_ == replayed_same && std::getline(in, line)) {
      ++number_;
      const bool whole = !in.eof();
      auto read = reader_.read(line);
      if (!read && !whole && core_) {
        err_ << fmt::format("{}: line {} is cut off: healer, or its machine, ended in the middle of it\n",
                            request_.file, number_);
        break;
      }
      if (!read) return bad(read.error().message);
      std::visit([this](auto& what) { take(what); }, *read);
    }
    if (in.bad()) return bad("the file cannot be read to its end");
    if (!core_) return result_ == replayed_same ? bad("the file is empty") : result_;
    if (result_ == not_replayable) return result_;
    if (why_.empty() && result_ == replayed_same)
      err_ << fmt::format("{}: no closing line: healer was killed, or still records\n", request_.file);
    view_.end(steps_, decisions_, result_ == replayed_same, why_);
    return result_;
  }

 private:
  int bad(const std::string& why) {
    err_ << fmt::format("{}: line {}: {}\n", request_.file, std::max<std::uint64_t>(number_, 1), why);
    return not_replayable;
  }

  void take(RecordedHead& head) {
    if (!request_.from.empty()) {
      if (const auto time = parse_time(request_.from)) {
        view_.begin_at(*time);
      } else if (const auto after = parse_duration(request_.from)) {
        view_.begin_at(head.began + *after);
      } else {
        err_ << fmt::format(
            "--from '{}' is not valid; accepted: a time (UTC) such as {}, or how long after the "
            "beginning, such as 90s\n",
            printable(clip(request_.from, 60)), time_text(head.began));
        result_ = not_replayable;
        return;
      }
    }
    version_ = head.version;
    core_ = std::make_unique<Supervisor>(std::move(head.policy), head.stored, head.seed);
  }

  void take(const RecordedPolicy&) {}
  void take(const RecordedEnd& end) { why_ = end.why; }

  void take(const RecordedStep& step) {
    Effects effects;
    core_->step(step.event, step.now, effects);
    ++steps_;
    decisions_ += decisions_in(effects);
    view_.event(step);
    view_.effects(step.now, effects, *core_);
    if (digest(effects) == step.digest && words(effects) == step.words) return;
    view_.difference(number_, step, effects);
    if (version_ != request_.version)
      err_ << fmt::format("{}: recorded by healer {}; this is {}, which may decide otherwise on purpose\n",
                          request_.file, printable(clip(version_, 40)), request_.version);
    result_ = replayed_otherwise;
  }

  const ReplayRequest& request_;
  std::ostream& err_;
  View view_;
  RecordingReader reader_;
  std::unique_ptr<Supervisor> core_;
  std::string version_;
  std::string why_;  ///< reason in the closing line; empty: no closing line
  std::uint64_t number_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t decisions_ = 0;
  int result_ = replayed_same;
};

}  // namespace

int replay_stream(const ReplayRequest& request, std::istream& in, std::ostream& out, std::ostream& err) {
  return Replay(request, out, err).run(in);
}

int replay_file(const ReplayRequest& request, std::ostream& out, std::ostream& err) {
  errno = 0;
  std::ifstream in(request.file, std::ios::binary);
  if (!in) {
    err << fmt::format("healer: cannot read {}: {}\n", request.file,
                       std::generic_category().message(errno == 0 ? EIO : errno));
    return not_replayable;
  }
  return replay_stream(request, in, out, err);
}

}  // namespace healer::replay
