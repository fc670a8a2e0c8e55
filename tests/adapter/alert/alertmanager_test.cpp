// Tests of the body that Alertmanager posts, and of finding the workload that an alert is about.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "alert/alertmanager.hpp"
#include "alert/target.hpp"

using namespace healer;

namespace {

/// In the format of Alertmanager 0.25.
const char* const body = R"({
  "receiver": "healer", "status": "firing", "version": "4", "groupKey": "{}:{alertname=\"HighErrorRate\"}",
  "truncatedAlerts": 0, "groupLabels": {"alertname": "HighErrorRate"}, "commonLabels": {}, "commonAnnotations": {},
  "externalURL": "http://alertmanager:9093",
  "alerts": [
    {"status": "firing", "labels": {"alertname": "HighErrorRate", "container": "shop-web-1"},
     "annotations": {"summary": "8 % fail\nsince noon", "description": "longer"},
     "startsAt": "2026-01-01T12:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
     "generatorURL": "http://prometheus:9090/graph", "fingerprint": "8dd4a5ef4f2bb1b8"},
    {"status": "resolved", "labels": {"alertname": "Slow"}, "annotations": {},
     "startsAt": "2026-01-01T12:00:00Z", "endsAt": "2026-01-01T12:05:00Z"}
  ]})";

std::string refusal(std::string_view text) {
  const auto read = read_alertmanager(text);
  return read ? "accepted" : read.error().message;
}

WorkloadStatus watched(const std::string& key, const std::string& name, const std::string& id) {
  WorkloadStatus status;
  status.key = key;
  status.name = name;
  status.container_id = id;
  return status;
}

const std::vector<WorkloadStatus> all{watched("shop/web/1", "shop-web-1", "0123456789abcdef0123"),
                                      watched("shop/web/2", "shop-web-2", "1123456789abcdef0123"),
                                      watched("shop/db/1", "shop-db-1", "2123456789abcdef0123"),
                                      watched("blog/db/1", "blog-db-1", "3123456789abcdef0123"),
                                      watched("cache", "cache", "4123456789abcdef0123")};

std::string found(const std::map<std::string, std::string>& labels) {
  const AlertTarget target = AlertTargets(all).find(labels, default_alert_labels());
  return target.found == AlertTarget::Found::One ? target.key : target.text;
}

}  // namespace

TEST_CASE("the fields of each alert are read from the body") {
  const auto read = read_alertmanager(body);
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  const AlertmanagerAlert& first = read->front();
  CHECK(first.firing);
  CHECK(first.id == "8dd4a5ef4f2bb1b8");
  CHECK(*first.label("container") == "shop-web-1");
  CHECK(first.text.find("8 % fail") == 0);
  CHECK(first.text.find('\n') == std::string::npos);
  CHECK_FALSE(read->back().firing);
  CHECK(read->back().id.size() == 16);  // a hash of the labels
  CHECK(read->back().label("container") == nullptr);
}

TEST_CASE("an alert without a fingerprint is identified by its labels") {
  const auto id = [](const char* labels) {
    const auto read =
        read_alertmanager(std::string(R"({"alerts":[{"status":"firing","labels":)") + labels + "}]}");
    REQUIRE(read);
    return read->front().id;
  };
  CHECK(id(R"({"a":"1","b":"2"})") == id(R"({"b":"2","a":"1"})"));
  CHECK(id(R"({"a":"1","b":"2"})") != id(R"({"a":"12","b":""})"));
}

TEST_CASE("a secret in an annotation is redacted") {
  const auto read = read_alertmanager(
      R"({"alerts":[{"status":"firing","annotations":{"summary":"login failed: password=hunter22 for postgres://u:hunter22@db"}}]})");
  REQUIRE(read);
  CHECK(read->front().text.find("hunter22") == std::string::npos);
  CHECK(read->front().text.find("login failed") == 0);
}

TEST_CASE("a malformed body is refused with the field, its value and the accepted ones") {
  CHECK(refusal("").find("no JSON") != std::string::npos);
  CHECK(refusal("\xff\xfe").find("no JSON") != std::string::npos);
  CHECK(refusal("[]") == "the body is []; accepted: an object");
  CHECK(refusal("{}") == "alerts is missing; accepted: a list");
  CHECK(refusal(R"({"version":"3","alerts":[]})") == "version is \"3\"; accepted: \"4\"");
  CHECK(refusal(R"({"alerts":{}})") == "alerts is {}; accepted: a list");
  CHECK(refusal(R"({"alerts":[7]})") == "alerts[0] is 7; accepted: an object");
  CHECK(refusal(R"({"alerts":[{"status":"ok"}]})") ==
        "alerts[0].status is \"ok\"; accepted: \"firing\" or \"resolved\"");
  CHECK(refusal(R"({"alerts":[{"status":"firing","labels":{"a":1}}]})") ==
        "alerts[0].labels.a is 1; accepted: a text");
  CHECK(refusal(R"({"alerts":[{"status":"firing","labels":[]}]})") ==
        "alerts[0].labels is []; accepted: an object of texts");
  CHECK(refusal(R"({"alerts":[{"status":"firing","fingerprint":5}]})") ==
        "alerts[0].fingerprint is 5; accepted: a text");
  CHECK(refusal(std::string(100'000, '[')).find("no JSON") != std::string::npos);
  std::string many = R"({"alerts":[)";
  for (int i = 0; i < 10'001; ++i) many += i == 0 ? "{}" : ",{}";
  CHECK(refusal(many + "]}") == "alerts has 10001 entries; accepted: 10000 at most");
}

TEST_CASE("the labels of an alert identify its workload") {
  CHECK(found({{"container", "shop-web-1"}}) == "shop/web/1");
  CHECK(found({{"name", "/cache"}}) == "cache");
  CHECK(found({{"container_name", "shop/web/2"}}) == "shop/web/2");
  CHECK(found({{"id", "/docker/2123456789abcdef0123"}}) == "shop/db/1");
  CHECK(found({{"id", "/system.slice/docker-2123456789abcdef0123.scope"}}) == "shop/db/1");
  CHECK(found({{"container_id", "4123456789ab"}}) == "cache");
  CHECK(found({{"container", "gone"}, {"name", "cache"}}) == "cache");
  CHECK(found({{"compose_service", "db"}, {"compose_project", "blog"}}) == "blog/db/1");
  CHECK(found({{"container_label_com_docker_compose_service", "db"},
               {"container_label_com_docker_compose_project", "shop"}}) == "shop/db/1");
}

TEST_CASE("labels that name no watched container, or several, are an error that shows them") {
  CHECK(found({{"container", "nope"}, {"compose_service", "nope"}}) ==
        "no watched container has container=\"nope\", compose_service=\"nope\"");
  CHECK(found({{"container_id", "4123"}}).find("no watched container") == 0);  // shorter than a short id
  CHECK(found({{"compose_service", "web"}, {"compose_project", "shop"}}) ==
        "2 containers are watched as compose_service=\"web\"; say which by a label container");
  CHECK(found({{"compose_service", "db"}}).find("2 containers") == 0);
  CHECK(found({{"job", "node"}}).find("none of its labels names a container") == 0);
}
