// Tests of the output of explain, history and incident.
#include "cli/history_view.hpp"

#include <doctest/doctest.h>

#include <string>

namespace healer::cli {
namespace {

constexpr WallTime now{1'700'000'100'000};

const char* const explanation = R"json({"now":1700000100000,"dry_run":true,
 "workload":{"name":"web","condition":"given_up","reason":"HTTP 503","probe":"http 127.0.0.1:8080/health",
  "failures":4,"failure_threshold":3,"attempts_in_window":2,"budget":5,"breaker":"half_open","incident":7,
  "last_check":1700000097000,"ladder":"exec:/reload,restart","ladder_step":1,"paused":true,"paused_until":null,
  "depends_on":["db","cache"],
  "probes":[{"name":"queue","probe":"tcp","outcome":"fail","reason":"refused","stuck":true}]},
 "facts":[{"at":1700000085000,"text":"HTTP 503"},{"at":1700000097000,"text":"\u001b[31mHTTP 503"}],
 "decision":{"at":1700000090000,"rule":"held","inputs":"failures=4; db=unhealthy","outcome":"waits for db","incident":7},
 "next":"restart in 10s",
 "holds":[{"reason":"dependency","text":"db is unhealthy; it is healed first","until":1700000340000}]})json";

TEST_CASE("an explanation shows state, holds, facts, decision and the next step, in this order") {
  const auto view = explain_view(explanation, now, false);
  REQUIRE(view);
  CHECK(*view ==
        "web is given up: HTTP 503\n"
        "  probe       http 127.0.0.1:8080/health, asked 3s ago\n"
        "              queue: fail, refused (an earlier one has not ended)\n"
        "  failures    4 of 3\n"
        "  budget      2 of 5 attempts, breaker half open\n"
        "  ladder      exec:/reload,restart (at step 2)\n"
        "  incident    7 (healer incident 7)\n"
        "  depends on  db, cache\n"
        "  operator    paused until resumed\n"
        "Held by\n"
        "  dependency  db is unhealthy; it is healed first (at most 4m more)\n"
        "Seen\n"
        "  15s ago  HTTP 503\n"
        "  3s ago   HTTP 503\n"
        "Decided 10s ago\n"
        "  held  waits for db\n"
        "        failures=4\n"
        "        db=unhealthy\n"
        "Next\n"
        "  restart in 10s\n"
        "This is a dry run: no container is touched.\n");
}

TEST_CASE("the history has one row per incident") {
  const auto view = history_view(
      R"json({"incidents":[
        {"id":8,"name":"web","outcome":"open","cause":"probe_failed","cause_text":"HTTP 503","unhealthy_since":1700000000000,
         "time_to_heal_ms":null,"attempts":[]},
        {"id":7,"name":"shop-db-1","outcome":"recovered","cause":"crash_loop","cause_text":"",
         "unhealthy_since":1699990000000,"time_to_heal_ms":61500,
         "attempts":[{"detail":"exec:/reload"},{"detail":"restart"}]}]})json",
      false);
  REQUIRE(view);
  CHECK(*view ==
        "ID  UNHEALTHY SINCE (UTC)  NAME       OUTCOME    HEALED IN  ATTEMPTS    CAUSE\n"
        "8   2023-11-14 22:13:20    web        open       -          0           HTTP 503\n"
        "7   2023-11-14 19:26:40    shop-db-1  recovered  1m2s       2, restart  crash loop\n");
  CHECK(*history_view(R"({"incidents":[]})", false) == "No incident is remembered.\n");
}

TEST_CASE("an incident is shown in the order of time, followed by its evidence") {
  const auto view = incident_view(
      R"json({"incident":{"id":7,"name":"web","image":"shop:1","outcome":"recovered","time_to_heal_ms":60000,
         "cause_text":"HTTP 503","unhealthy_since":1700000000000,"closed_at":1700000060000,"gave_up":true,
         "attempts":[{"number":1,"detail":"restart","state":"not_recovered","ordered_at":1700000020000,
                      "ended_at":1700000030000,"note":"still 503"}]},
       "decisions":[{"at":1700000010000,"rule":"planned","outcome":"restart now"}],
       "evidence":[{"taken_at":1700000019000,"container_id":"c0ffee","logs":"one\ntwo\u001b\n","state":"running",
                    "memory":"","health_log":"","processes":"","missing":"processes: not within 2s"}],
       "notifications":[{"created_at":1700000021000,"event":"DEGRADED",
                  "deliveries":[{"channel":"slack","state":"pending","last_error":"HTTP 500"}]}]})json",
      false);
  REQUIRE(view);
  CHECK(*view ==
        "Incident 7 of web (shop:1): recovered\n"
        "Healed in 1m.\n"
        "Healer gave up; an operator is needed.\n"
        "Times are UTC.\n"
        "  2023-11-14 22:13:20  unhealthy     HTTP 503\n"
        "  2023-11-14 22:13:30  planned       restart now\n"
        "  2023-11-14 22:13:39  evidence      incomplete: processes: not within 2s\n"
        "  2023-11-14 22:13:40  attempt 1     restart: not recovered after 10s, still 503\n"
        "  2023-11-14 22:13:41  notification  DEGRADED; slack: pending (HTTP 500)\n"
        "  2023-11-14 22:14:20  closed        recovered\n"
        "\n"
        "Evidence of 2023-11-14 22:13:39, container c0ffee\n"
        "state:\n"
        "  running\n"
        "logs:\n"
        "  one\n"
        "  two?\n"
        "missing: processes: not within 2s\n");
}

TEST_CASE("malformed answers are shown as completely as they can be read, or refused") {
  for (const std::string text : {"", "{", "[]", "{}", "null", "<html>"}) {
    CHECK_FALSE(explain_view(text, now, false));
    CHECK_FALSE(history_view(text, false));
    CHECK_FALSE(incident_view(text, false));
  }
  CHECK(explain_view(R"({"workload":5,"facts":7,"holds":[1,null],"decision":{"rule":1}})", now, true));
  CHECK(history_view(R"({"incidents":[1,{"id":"x","unhealthy_since":1e300,"attempts":{}}]})", true));
  CHECK(incident_view(R"({"incident":null,"evidence":[{"logs":5}],"notifications":"x"})", true));
}

}  // namespace
}  // namespace healer::cli
