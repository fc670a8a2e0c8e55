// Tests of the texts that all channels share.
#include <set>

#include "adapter/notify/service.hpp"
#include "base/text.hpp"
#include "notify/answer.hpp"
#include "notify/notification_text.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("notification text: title and facts leave out what is not known") {
  CHECK(notification_title(full_notification()) == "DEGRADED: web on host1");
  CHECK(notification_facts(full_notification()) == std::vector<NotificationFact>{{"Host", "host1"},
                                                                                 {"Workload", "web"},
                                                                                 {"Project", "shop"},
                                                                                 {"Image", "shop:1.0"},
                                                                                 {"Cause", "HTTP 503"},
                                                                                 {"Attempt", "2 of 5"},
                                                                                 {"Unhealthy for", "4m30s"},
                                                                                 {"Incident", "42"}});
  Notification engine;
  engine.event = "ENGINE DOWN";
  engine.host = "host1";
  CHECK(notification_title(engine) == "ENGINE DOWN on host1");
  CHECK(notification_facts(engine) == std::vector<NotificationFact>{{"Host", "host1"}});
  Notification first = full_notification();
  first.attempts_allowed = 0;
  CHECK(attempt_text(first) == "2");
  first.unhealthy_since = first.created_at + Duration{5000};  // the clock was set back
  CHECK(unhealthy_for(first) == "0s");
}

TEST_CASE("notification text: the plain text has everything, with the excerpt last") {
  CHECK(plain_text(full_notification(), 4096) ==
        "web is unhealthy: HTTP 503. It is being restarted.\n"
        "Look at `docker logs web`.\n"
        "\n"
        "Host: host1\nWorkload: web\nProject: shop\nImage: shop:1.0\nCause: HTTP 503\nAttempt: 2 of 5\n"
        "Unhealthy for: 4m30s\nIncident: 42\n"
        "https://healer.example/incidents/42\n"
        "\n"
        "Last lines of its log:\nstarting\nERROR: no connection to db");
}

TEST_CASE("notification text: when space is short, the oldest lines of the excerpt go first") {
  Notification notification = full_notification();
  notification.excerpt.clear();
  for (int i = 0; i < 500; ++i)
    notification.excerpt += "line \xF0\x9F\x90\xB3 " + std::to_string(i) + "\r\n\n";
  const std::string text = plain_text(notification, 1000);
  CHECK(text.size() <= 1000);
  CHECK(text.find("https://healer.example/incidents/42\n") != std::string::npos);
  CHECK(text.ends_with("499"));
  CHECK(printable(excerpt_text(notification, 201)).find('?') == std::string::npos);
  CHECK(excerpt_text(notification, 201).starts_with("..."));
  CHECK(excerpt_lines(notification).size() == 500);
  CHECK(excerpt_text(full_notification(), 2).empty());
}

TEST_CASE("notification text: any text gives valid UTF-8 within the limit") {
  for (const Notification& notification : hostile_notifications())
    for (const std::size_t limit : {0U, 3U, 50U, 500U, 4096U}) {
      const std::string text = plain_text(notification, limit);
      CHECK(text.size() <= limit);
      for (const std::string& line : split(text, '\n')) CHECK(printable(line) == line);
    }
}

TEST_CASE("notification text: only an http or https address is a link") {
  const auto link = [](const std::string& text) {
    Notification notification;
    notification.link = text;
    return notification_link(notification);
  };
  CHECK(link("https://h.example/i?x=1&y=%20#z") == "https://h.example/i?x=1&y=%20#z");
  CHECK(link("http://h:8080/") == "http://h:8080/");
  for (const char* bad : {"", "javascript:alert(1)", "ftp://h/", "https://h/\"><b>", "https://h/a b",
                          "https://h/\r\nX: 1", "https://h/|x", "https://h/\xC3\xA4"})
    CHECK(link(bad).empty());
  CHECK(link("https://h/" + std::string(3000, 'x')).empty());
}

TEST_CASE("notification text: times are UTC") {
  CHECK(utc_time(Instant{Duration{0}}) == "1970-01-01T00:00:00.000Z");
  CHECK(utc_time(Instant{Duration{1'800'000'000'007}}) == "2027-01-15T08:00:00.007Z");
  CHECK(utc_time(Instant{Duration{-5}}) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("notification text: shortened keys differ where the full keys differ") {
  CHECK(short_key("healer/host1/web/7", 255) == "healer/host1/web/7");
  std::set<std::string> keys;
  const std::string host(300, 'h');
  for (int incident = 0; incident < 100; ++incident)
    for (const char* middle : {"/a/", "/b/"})
      keys.insert(short_key(host + middle + host + std::to_string(incident), 255));
  CHECK(keys.size() == 200);
  for (const std::string& one : keys) CHECK(one.size() <= 255);
  CHECK(short_key("a\x01", 255) != short_key("a\x02", 255));
}

TEST_CASE("answers: a Retry-After in the body counts when the head has none") {
  const auto wish = [](int status, const std::string& body, std::optional<Duration> head = {}) {
    net::CurlAnswer answer;
    answer.status = status;
    answer.body = body;
    answer.retry_after = head;
    const Sent sent = sent_of(answer);
    CHECK(sent.result == Sent::Result::TryAgain);
    return sent.retry_after;
  };
  const std::string telegram =
      R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry after 31","parameters":{"retry_after":31}})";
  CHECK(wish(429, telegram) == 31s);
  CHECK(wish(429, R"({"message":"You are being rate limited.","retry_after":0.3501,"global":false})") ==
        351ms);
  CHECK(wish(429, telegram, Duration{5s}) == 5s);
  CHECK(wish(429, R"({"retry_after":1e300})") == 366 * 24h);
  for (const char* none : {"", "slow down", "[1]", "{}", R"({"retry_after":"soon"})", R"({"retry_after":-1})",
                           R"({"retry_after":0})", R"({"parameters":7})", R"({"parameters":{}})"})
    CHECK_FALSE(wish(429, none).has_value());
  CHECK_FALSE(wish(503, telegram).has_value());
}
