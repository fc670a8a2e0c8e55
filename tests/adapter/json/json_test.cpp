#include <doctest/doctest.h>

#include <limits>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "json/reader.hpp"
#include "json/writer.hpp"
#include "model/channel.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/same.hpp"
#include "model/status.hpp"
#include "support/full_value.hpp"

using namespace healer;
using healer::testing::full;

namespace {

struct Inner {
  int number = 1;
  std::string text;
};
HEALER_DESCRIBE(Inner, number, text);

struct Outer {
  Inner inner{7, "by default"};
  std::optional<Inner> perhaps;
  std::vector<Inner> list{Inner{2, "x"}};
  double share = 0.5;
  std::pair<std::string, Secret> header;
  EnumArray<Outcome, unsigned> counts;
};
HEALER_DESCRIBE(Outer, inner, perhaps, list, share, header, counts);

struct None {};

struct Hooks {
  boost::json::value write(const Secret& secret) { return boost::json::value(secret.reveal()); }
};

template <class T>
boost::json::value to_json(const T& value) {
  Hooks hooks;
  return json::Writer(hooks).write(value);
}

template <class T>
std::string text(const T& value) {
  return boost::json::serialize(to_json(value));
}

template <class T>
Result<T> read(const boost::json::value& from, const char* what = "value") {
  const None none;
  return json::Reader<const None>(none).read<T>(from, what);
}

template <class T>
std::string problem(const char* from, const char* what = "event") {
  const auto taken = read<T>(boost::json::parse(from), what);
  return taken ? std::string("it reads") : taken.error().message;
}

template <class T>
void check_both_ways(const T& value) {
  const std::string written = text(value);
  CAPTURE(written);
  const auto back = read<T>(boost::json::parse(written));
  REQUIRE_MESSAGE(back.has_value(), (back ? "" : back.error().message));
  CHECK(same(value, *back));
}

}  // namespace

TEST_CASE("a member that has its default is left out") {
  CHECK(text(Outer{}) == "{}");
  CHECK(text(Incident{}) == "{}");
  Outer value;
  value.inner.number = 8;
  value.perhaps.emplace();
  value.list = {};
  value.counts[Outcome::Unknown] = 3;
  CHECK(text(value) == R"({"inner":{"number":8},"perhaps":{},"list":[],"counts":{"unknown":3}})");
  check_both_ways(value);
  value.inner = {};  // the defaults of Inner, which differ from those that Outer gives its member
  CHECK(boost::json::serialize(to_json(value).at("inner")) == R"({"number":1,"text":""})");
  check_both_ways(value);
}

TEST_CASE("values have the JSON forms that the header describes") {
  CHECK(text(Event{Tick{"web"}}) == R"({"is":"tick","workload":"web"})");
  CHECK(text(ProbeTarget{TcpTarget{{"192.0.2.1", 80}, 0}}) ==
        R"({"is":"tcp","endpoint":{"address":"192.0.2.1","port":80}})");
  CHECK(text(Event{EngineEvent{"c1", "", -5, HealthReported{EngineHealth::Unhealthy}}}) ==
        R"({"is":"engine_event","container_id":"c1","unix_nanoseconds":-5,)"
        R"("report":{"is":"health_reported","health":"unhealthy"}})");
  WorkloadRecord record;
  record.paused_until = Instant::max();
  record.starts = {250ms, 2s};
  CHECK(text(record) == R"({"starts":[250,2000],"paused_until":9223372036854775807})");
  CHECK(text(StartProbe{ProbeId{3}, "web", nullptr, 2s}) == R"({"probe":3,"workload":"web","timeout":2000})");
}

TEST_CASE("a written fraction is read back exactly") {
  for (const double number : {0.1, 1.0 / 3, 5e-324, std::numeric_limits<double>::max(), -0.0, 1e22,
                              std::numeric_limits<double>::infinity()}) {
    const auto back = read<double>(boost::json::parse(text(number)));
    REQUIRE(back.has_value());
    CHECK(*back == number);
  }
  CHECK(*read<double>(boost::json::parse("3")) == 3);
}

TEST_CASE("every struct with every member set is the same after writing and reading") {
  check_both_ways(full<Outer>());
  check_both_ways(full<Policy>());
  check_both_ways(full<HostPolicy>());
  check_both_ways(full<StoredState>());
  check_both_ways(full<WorkloadStatus>());
  check_both_ways(full<ChannelStatus>());
  testing::each_full_alternative<Event>([](const Event& event) { check_both_ways(event); });
  testing::each_full_alternative<Record>([](const Record& record) { check_both_ways(record); });
  testing::each_full_alternative<ChannelTarget>([](const ChannelTarget& target) { check_both_ways(target); });
}

TEST_CASE("every member that is set is written") {
  const boost::json::value written = to_json(full<Incident>());
  for (const std::string_view name : member_names<Incident>())
    CHECK_MESSAGE(written.get_object().contains({name.data(), name.size()}), name);
}

TEST_CASE("a value that cannot be read gives its place, the value, the accepted ones and the nearest") {
  CHECK(problem<Event>(R"({"is":"tick","workload":7})") == "event.workload is 7; accepted: a text");
  CHECK(problem<Event>(R"({"is":"tick","worklod":"a"})") ==
        "event.worklod: there is no such field; accepted: workload; nearest: workload");
  CHECK(problem<Event>(R"({"is":"engine_event","report":{"is":"ended","exit_code":3000000000}})") ==
        "event.report.exit_code is 3000000000; accepted: a whole number from -2147483648 to 2147483647");
  CHECK(problem<Event>(R"({"is":"engine_event","report":{"is":"health_reported","health":"healty"}})") ==
        "event.report.health is \"healty\"; accepted: none, starting, healthy, unhealthy; nearest: healthy");
  CHECK(problem<Event>("[]") == "event is []; accepted: an object");
  CHECK(problem<Event>("{}").starts_with("event: \"is\" is missing; accepted: engine_event, "));
  CHECK(problem<Event>(R"({"is":"tack"})").starts_with("event.is is \"tack\"; accepted: engine_event, "));
  CHECK(problem<Event>(R"({"is":"tack"})").ends_with("; nearest: tick"));
  CHECK(problem<Event>(R"({"is":7})").starts_with("event.is is 7; accepted: engine_event, "));
  CHECK(problem<StoredState>(R"({"attempts":[{},{"instance":{"container_id":[]}}]})", "stored") ==
        "stored.attempts.1.instance.container_id is []; accepted: a text");
  CHECK(problem<Outer>(R"({"counts":{"unknow":1}})") ==
        "event.counts.unknow: there is no such field; accepted: pass, fail, unknown; nearest: unknown");
  CHECK(problem<Outer>(R"({"header":["a"]})") == "event.header is [\"a\"]; accepted: a list of two");
}

TEST_CASE("an error shows no secret, and no value of a field that may hold one") {
  CHECK(problem<RemedyStep>(R"({"url":5551})", "step") ==
        "step.url is not valid (its value is hidden); accepted: a text");
  CHECK(problem<RemedyStep>(R"({"ulr":"https://hooks.example"})", "step") ==
        "step.ulr: there is no such field; accepted: kind, signal, command, url; nearest: url");
}
