#include "net/http_date.hpp"

#include <doctest/doctest.h>

#include <string>

using healer::Duration;
using healer::WallTime;
using healer::net::parse_http_date;
using healer::net::parse_retry_after;
using namespace std::chrono_literals;

namespace {

constexpr WallTime noon{784'209'600'000};  // Mon, 07 Nov 1994 12:00:00 GMT

}  // namespace

TEST_CASE("an HTTP-date is read in its preferred form only") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == WallTime{784'111'777'000});
  CHECK(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT") == WallTime{1'709'251'200'000});
  CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == WallTime{0});
  for (const char* text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT", "Xyz, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 -8:49:37 GMT", "Sun; 06 Nov 1994 08:49:37 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text));
  }
}

TEST_CASE("Retry-After is seconds or a date, at most a day") {
  CHECK(parse_retry_after("120", noon) == Duration{120s});
  CHECK(parse_retry_after(" 0\t", noon) == Duration{0});
  CHECK(parse_retry_after("86399", noon) == Duration{86'399s});
  CHECK(parse_retry_after("86401", noon) == Duration{24h});
  CHECK(parse_retry_after("99999999999999999999999999", noon) == Duration{24h});
  CHECK(parse_retry_after("Mon, 07 Nov 1994 12:00:30 GMT", noon) == Duration{30s});
  CHECK(parse_retry_after("Mon, 07 Nov 1994 11:00:00 GMT", noon) == Duration{0});
  CHECK(parse_retry_after("Wed, 07 Nov 2091 11:00:00 GMT", noon) == Duration{24h});
  for (const char* text : {"", " ", "-1", "+1", "1.5", "1 s", "soon", "0x10"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_retry_after(text, noon));
  }
}
