// Tests of the question to Alertmanager whether an alert still fires, and of reading its answer.
#include <string>

#include <doctest/doctest.h>

#include "alert/confirmation.hpp"

using namespace healer;

namespace {

const ConfirmAlert errors{
    "web", "alertmanager", "f1", "http://am:9093", {{"alertname", "Errors"}, {"container", "web"}}};

std::string listed(const std::string& fingerprint, const std::string& labels, const std::string& state) {
  return R"({"fingerprint":")" + fingerprint + R"(","labels":)" + labels +
         R"(,"annotations":{},"startsAt":"2026-01-01T00:00:00Z","receivers":[{"name":"healer"}],"status":{"state":")" +
         state + R"(","silencedBy":[],"inhibitedBy":[]}})";
}

const std::string same_labels = R"({"container":"web","alertname":"Errors"})";
const std::string other_labels = R"({"container":"db","alertname":"Errors"})";

AlertAnswer answer(const std::string& body, int status = 200) {
  return read_alert_list(status, body, errors).answer;
}

}  // namespace

TEST_CASE("confirmation: an alert that is listed by fingerprint or by all its labels fires") {
  CHECK(answer("[" + listed("f1", other_labels, "active") + "]") == AlertAnswer::Fires);
  CHECK(answer("[" + listed("00", same_labels, "active") + "]") == AlertAnswer::Fires);
  CHECK(answer("[" + listed("00", same_labels, "unprocessed") + "]") == AlertAnswer::Fires);
  CHECK(answer("[" + listed("f2", other_labels, "active") + "," + listed("f1", same_labels, "active") +
               "]") == AlertAnswer::Fires);
}

TEST_CASE("confirmation: an alert that is silenced, inhibited or not listed is over") {
  CHECK(answer("[]") == AlertAnswer::Over);
  CHECK(answer("[" + listed("f2", other_labels, "active") + "]") == AlertAnswer::Over);
  CHECK(answer("[" + listed("f2", R"({"alertname":"Errors"})", "active") + "]") == AlertAnswer::Over);
  CHECK(answer("[" + listed("f1", same_labels, "suppressed") + "]") == AlertAnswer::Over);
  CHECK(read_alert_list(200, "[" + listed("f1", same_labels, "suppressed") + "]", errors).why ==
        "silenced or inhibited at Alertmanager");
  CHECK(read_alert_list(200, "[]", errors).why == "silenced, inhibited or gone at Alertmanager");
}

TEST_CASE("confirmation: any other answer is unknown") {
  for (const char* body :
       {"", "<html>Sign in</html>", "{}", R"({"status":"success","data":[]})", "[1]", "[{}]",
        R"([{"labels":{},"status":"firing"}])", R"([{"labels":[],"status":{"state":"active"}}])", "[[[["}) {
    CAPTURE(body);
    CHECK(answer(body) == AlertAnswer::Unknown);
  }
  for (const int status : {204, 301, 302, 401, 403, 404, 500, 503})
    CHECK(answer("[]", status) == AlertAnswer::Unknown);
  CHECK(read_alert_list(302, "", errors).why == "Alertmanager's address answers HTTP 302");
  CHECK(answer(std::string(4 << 20, ' ')) == AlertAnswer::Unknown);
  CHECK(answer(std::string(100'000, '[')) == AlertAnswer::Unknown);
}

TEST_CASE("confirmation: the query filters by the labels, as far as they fit into a URL") {
  CHECK(alert_list_query(errors) ==
        "/api/v2/alerts?active=true&silenced=false&inhibited=false&unprocessed=true"
        "&filter=alertname%3D%22Errors%22&filter=container%3D%22web%22");
  ConfirmAlert odd = errors;
  odd.labels = {{"a", "say \"x\"\\\n"}, {"b.c", "dotted"}, {"z", std::string(5000, 'z')}};
  const std::string query = alert_list_query(odd);
  CHECK(query.ends_with("&filter=a%3D%22say%20%5C%22x%5C%22%5C%5C%5Cn%22"));
  CHECK(query.size() < 1600);
}
