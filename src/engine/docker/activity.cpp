#include "engine/docker/activity.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/json/monotonic_resource.hpp>

#include "base/text.hpp"
#include "engine/docker/engine_time.hpp"
#include "engine/docker/json_fields.hpp"
#include "engine/docker/output_stream.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;
using net::HttpAnswer;

/// Enough for the time at the beginning of the line.
constexpr std::size_t longest_beginning = 64;

/// CPU time and block I/O in the answer of GET /containers/{id}/stats. Empty if the container used no CPU
/// time: it does not run, for Docker answers then with zeros.
Result<std::optional<Activity>> parse_work(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  const std::int64_t cpu = root.object("cpu_stats").object("cpu_usage").number("total_usage");  // nanoseconds
  Activity work;
  work.cpu = Duration{std::max<std::int64_t>(cpu, 0) / 1'000'000};
  const Fields disks = root.object("blkio_stats");
  if (const json::array* counts = disks.array("io_service_bytes_recursive")) {
    for (const auto& value : *counts) {
      const Fields count = disks.within("io_service_bytes_recursive", value);
      const std::string operation = lower(count.text("op"));  // "Read" with cgroup v1, "read" with v2
      if (operation == "read" || operation == "write")
        work.block_bytes += static_cast<std::uint64_t>(std::max<std::int64_t>(count.number("value"), 0));
    }
  }
  if (problem) return failure(ErrorCode::Protocol, "the answer does not fit: " + *problem);
  if (cpu <= 0) return std::nullopt;
  return work;
}

}  // namespace

void Activities::find(std::string id, Done done) {
  if (!fit_for_path(id))
    return caller_.later(
        [done = std::move(done), error = unfit("activity of", id)] { done(tl::unexpected(error)); });
  // `one-shot` avoids the engine's wait of a second for a second sample; engines before API 1.41 ignore it.
  caller_.call(caller_.question("/containers/" + id + "/stats?stream=false&one-shot=true"),
               [this, id, done = std::move(done)](const Result<HttpAnswer>& answer) {
                 const std::string what = "activity of " + short_id(id);
                 if (!answer) return done(tl::unexpected(caller_.no_answer(what, answer.error())));
                 if (answer->status != 200) return done(tl::unexpected(status_error(what, *answer)));
                 auto work = parse_work(answer->body);
                 if (!work) return done(tl::unexpected(named(what, work.error())));
                 if (!*work) return done(failure(ErrorCode::Conflict, what + ": the container does not run"));
                 find_log(id, **work, done);
               });
}

void Activities::find_log(const std::string& id, Activity activity, Done done) {
  auto call = caller_.question("/containers/" + id + "/logs?stdout=1&stderr=1&timestamps=1&tail=1");
  call.keep_alive = false;
  const auto beginning = std::make_shared<std::string>();
  const auto output =
      std::make_shared<OutputStream>(OutputStream::Framing::ByFirstByte, [beginning](std::string_view bytes) {
        const std::size_t room = longest_beginning - beginning->size();
        beginning->append(bytes.substr(0, room));
      });
  net::HttpStreamHandlers handlers;
  handlers.chunk = [output](std::string_view bytes) { return output->feed(bytes); };
  handlers.done = [beginning, activity, done = std::move(done)](const Result<HttpAnswer>&) mutable {
    const std::string_view line = *beginning;
    activity.logged = parse_engine_time(line.substr(0, line.find(' ')));
    done(activity);
  };
  caller_.stream(std::move(call), std::move(handlers));
}

}  // namespace healer::docker
