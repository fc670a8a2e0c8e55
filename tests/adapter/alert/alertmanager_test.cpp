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
  CHECK(refusal(R"({"version":"1","alerts":[]})") == "version is \"1\"; accepted: \"4\"");  // not of Grafana
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

TEST_CASE("an alert of another container's id is not about the container of the same name") {
  const std::string id = std::string("fedcba9876543210") + std::string(48, 'a');
  const std::vector<WorkloadStatus> one{watched("nginx", "nginx", id)};
  const auto about = [&](const char* label, const std::string& value) {
    const std::map<std::string, std::string> labels{{"name", "nginx"}, {label, value}};
    const AlertTarget target = AlertTargets(one).find(labels, default_alert_labels());
    CHECK(target.key == "nginx");
    return target.found;
  };
  using Found = AlertTarget::Found;
  for (const std::string& own :
       {"/docker/" + id, "/system.slice/docker-" + id + ".scope", "/kubepods/burstable/pod1b2c-77/" + id,
        "/machine.slice/libpod-" + id + ".scope/container", "docker://" + id, id, id.substr(0, 12)}) {
    CAPTURE(own);
    CHECK(about("id", own) == Found::One);
    CHECK(about("container_id", own) == Found::One);
  }
  const std::string old(64, 'f');
  for (const std::string& other :
       {"/docker/" + old, "/system.slice/docker-" + old + ".scope", "docker://" + old, old, old.substr(0, 12),
        std::string("/"), std::string("/system.slice/docker.service")}) {
    CAPTURE(other);
    CHECK(about("id", other) == Found::OtherContainer);
    CHECK(about("container_id", other) == Found::OtherContainer);
  }
  CHECK(about("id", "42") == Found::One);  // of a queue, not of a container
  CHECK(about("id", "raid0") == Found::One);
  CHECK(about("container_id", "42") == Found::OtherContainer);

  const AlertTarget target =
      AlertTargets(one).find({{"name", "nginx"}, {"id", "/docker/" + old}}, default_alert_labels());
  CHECK(target.text == "id=\"/docker/" + old + "\" is not the id of nginx, which is fedcba987654");
}

TEST_CASE("instance, host and node must name this host or a container of its engine") {
  AlertPlaces places;
  places.any = false;
  places.here = {"web1", "web1.example.org", "10.0.0.5", "2001:db8::5"};
  places.containers = {"cadvisor", "172.18.0.7"};
  const auto about = [&](const std::map<std::string, std::string>& more) {
    std::map<std::string, std::string> labels = more;
    labels["container"] = "shop-web-1";
    return AlertTargets(all).find(labels, default_alert_labels(), {}, places);
  };
  using Found = AlertTarget::Found;
  for (const char* certain : {"web1", "WEB1:9100", "web1.example.org.", "10.0.0.5:8080", "[2001:DB8:0::5]:80",
                              "2001:db8::5", "http://web1:8080/health"}) {
    CAPTURE(certain);
    for (const char* label : {"instance", "host", "node"}) {
      CHECK(about({{label, certain}}).found == Found::One);
      CHECK(about({{label, certain}}).certain);
    }
  }
  for (const char* likely :
       {"localhost:9100", "127.0.0.1:9100", "[::1]:9100", "::ffff:127.0.0.1", "host.docker.internal:80",
        "cadvisor:8080", "web:8000", "shop-db-1", "172.18.0.7:80", "rabbit@cache", "0123456789ab:80"}) {
    CAPTURE(likely);
    CHECK(about({{"instance", likely}}).found == Found::One);
    CHECK_FALSE(about({{"instance", likely}}).certain);
  }
  for (const char* other : {"web2:9100", "10.0.0.6:8080", "web1.example.com", "[2001:db8::6]:80", "127.evil",
                            "https://shop.example.org/", "cadvisor2:8080", "node-exporter"}) {
    CAPTURE(other);
    for (const char* label : {"instance", "host", "node"}) {
      CHECK(about({{label, other}}).found == Found::OtherHost);
      std::map<std::string, std::string> mixed{{"instance", "web1:1"}, {"host", "web1"}};
      mixed[label] = other;
      CHECK(about(mixed).found == Found::OtherHost);
    }
  }
  CHECK(about({{"instance", "web2:9100"}})
            .text.find("instance=\"web2:9100\" is neither this host nor a container") == 0);
  CHECK(about({{"instance", ""}}).certain);
  CHECK(about({{"instance", "cadvisor:8080"}, {"host", "web1"}}).certain);
  // The container's id says more than the place that reports it, and so does the operator's mapping.
  CHECK(about({{"instance", "web2:9100"}, {"id", "/docker/0123456789abcdef0123"}}).found == Found::One);
  const std::vector<AlertMapping> mapping{{"instance", "web2:9100", "cache"}};
  CHECK(AlertTargets(all).find({{"instance", "web2:9100"}}, default_alert_labels(), mapping, places).key ==
        "cache");
  places.any = true;
  CHECK(about({{"instance", "web2:9100"}}).found == Found::One);
}

TEST_CASE("alerts of one rule from several places about one name are ambiguous, unless one is of this host") {
  AlertPlaces places;
  places.any = false;
  places.here = {"web1"};
  places.containers = {"cadvisor-a", "cadvisor-b"};
  using Found = AlertTarget::Found;
  const auto found = [&](const std::vector<std::pair<std::string, std::string>>& rules_and_instances) {
    std::vector<AlertTarget> targets;
    std::vector<PlacedAlert> placed;
    for (const auto& [rule, instance] : rules_and_instances)
      targets.push_back(AlertTargets(all).find({{"container", "cache"}, {"instance", instance}},
                                               default_alert_labels(), {}, places));
    for (std::size_t i = 0; i < targets.size(); ++i)
      placed.push_back({rules_and_instances[i].first, host_in(rules_and_instances[i].second), targets[i].key,
                        &targets[i]});
    refuse_several_places(placed);
    std::vector<Found> all_found;
    for (const AlertTarget& target : targets) all_found.push_back(target.found);
    return all_found;
  };
  CHECK(found({{"A", "cadvisor-a:80"}, {"A", "cadvisor-b:80"}}) ==
        std::vector{Found::Ambiguous, Found::Ambiguous});
  CHECK(found({{"A", "cadvisor-a:80"}, {"A", "other:80"}}) ==
        std::vector{Found::Ambiguous, Found::OtherHost});
  CHECK(found({{"A", "web1:80"}, {"A", "other:80"}}) == std::vector{Found::One, Found::OtherHost});
  CHECK(found({{"A", "cadvisor-a:80"}, {"B", "cadvisor-b:80"}}) == std::vector{Found::One, Found::One});
  CHECK(found({{"A", "cadvisor-a:80"}, {"A", "cadvisor-a:81"}}) == std::vector{Found::One, Found::One});
}

TEST_CASE("a body of Grafana's alerting is read, and names no Alertmanager that could be asked") {
  const auto read = read_alertmanager(R"({
    "receiver": "healer", "status": "firing", "orgId": 1, "version": "1", "groupKey": "{}:{}", "truncatedAlerts": 0,
    "externalURL": "http://localhost:3000/", "title": "[FIRING:1] Errors", "state": "alerting", "message": "**Firing**",
    "groupLabels": {}, "commonLabels": {"alertname": "Errors"}, "commonAnnotations": {},
    "alerts": [{"status": "firing", "labels": {"alertname": "Errors", "container": "web", "grafana_folder": "shop"},
      "annotations": {"summary": "8 % fail"}, "startsAt": "2026-01-01T12:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
      "generatorURL": "http://localhost:3000/alerting/grafana/x/view", "fingerprint": "c6eadffa33fcdf37",
      "silenceURL": "http://localhost:3000/alerting/silence/new", "dashboardURL": "", "panelURL": "",
      "values": {"A": 8, "C": 1}, "valueString": "[ var='A' value=8 ]", "imageURL": null}]})");
  REQUIRE(read);
  REQUIRE(read->size() == 1);
  CHECK(read->front().of_grafana);
  CHECK(read->front().ask_at.empty());
  CHECK(read->front().id == "c6eadffa33fcdf37");
  CHECK(read->front().text == "8 % fail");
}

TEST_CASE("bodies of other senders are refused by what they lack") {
  CHECK(refusal(
            R"({"evalMatches":[],"ruleName":"Errors","ruleUrl":"http://g/d","state":"alerting","title":"x"})")
            .find("Grafana's legacy alerting") != std::string::npos);
  CHECK(refusal(R"({"heartbeat":{"status":0},"monitor":{"name":"web"},"msg":"down"})")
            .find("alerts is missing; accepted: a list. The body has heartbeat, monitor, msg") == 0);
  CHECK(refusal(R"({"version":"1.0","text":"web is down"})").find("The body has version, text") !=
        std::string::npos);
  CHECK(refusal(R"([{"labels":{"alertname":"Errors"}}])").find("accepted: an object") != std::string::npos);
  CHECK(refusal("payload=%7B%7D").find("no JSON") != std::string::npos);
}

TEST_CASE("the sender's Alertmanager is asked only at an address that no metadata service has") {
  for (const char* good :
       {"http://alertmanager:9093", "https://mon.example.org/alertmanager/", "http://127.0.0.1:9093",
        "http://10.0.0.5:9093", "http://[::1]:9093/", "http://3f2a9c0d1e4b:9093", "HTTP://am:9093"}) {
    CAPTURE(good);
    CHECK(usable_external_url(good));
  }
  for (const char* bad : {"",
                          "am:9093",
                          "ftp://am/",
                          "file:///etc/passwd",
                          "http://",
                          "http://user:word@am/",
                          "http://am/?x=1",
                          "http://am/#x",
                          "http://169.254.169.254/",
                          "http://[fe80::1]/",
                          "http://[::ffff:169.254.169.254]/",
                          "http://0.0.0.0:9093",
                          "http://224.0.0.1/",
                          "http://255.255.255.255/",
                          "http://[::]/",
                          "http://[ff02::1]/",
                          "http://2852039166/",
                          "http://0xa9fea9fe/",
                          "http://169.254.43518/",
                          "http://am\\@evil/",
                          "http://a b/",
                          "http://a%2eb/"}) {
    CAPTURE(bad);
    CHECK_FALSE(usable_external_url(bad));
  }
  const auto asked_at = [](const std::string& url) {
    const auto read = read_alertmanager(R"({"externalURL":")" + url + R"(","alerts":[{"status":"firing"}]})");
    REQUIRE(read);
    return read->front().ask_at;
  };
  CHECK(asked_at("http://alertmanager:9093/") == "http://alertmanager:9093");
  CHECK(asked_at("http://169.254.169.254") == "");
}

TEST_CASE("places: the names of the machine are those of its domain files") {
  using Names = std::set<std::string, std::less<>>;
  const char* hosts =
      "127.0.0.1 localhost\n127.0.1.1\tWeb1.example.org web1 # itself\n10.0.0.6 web2.example.org web2\n";
  CHECK(names_of_host("web1", hosts, "nameserver 10.0.0.1\nsearch lan corp.example\n") ==
        Names{"web1", "web1.example.org", "web1.lan", "web1.corp.example"});
  CHECK(names_of_host("web3", hosts, "") == Names{"web3"});
  CHECK(names_of_host("DB.example.org", hosts, "search lan") == Names{"db.example.org", "db"});
  CHECK(names_of_host(" ", hosts, "search lan").empty());
}
