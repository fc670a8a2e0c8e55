#include <doctest/doctest.h>

#include "base/ip_prefix.hpp"

using healer::in_prefix;

TEST_CASE("prefix: an address lies in the prefixes of its network") {
  CHECK(in_prefix("10.1.0.5", "10.1.0.0/16"));
  CHECK(in_prefix("172.17.0.2", "172.17.0.1/30"));
  CHECK(in_prefix("1.2.3.4", "0.0.0.0/0"));
  CHECK(in_prefix("fd00:0:0:1::5", "fd00:0:0:1::/64"));
  CHECK(in_prefix("::1", "::1/128"));
  CHECK(in_prefix("::ffff:10.1.0.5", "::ffff:10.1.0.0/112"));
}

TEST_CASE("prefix: other addresses, and what is none, do not") {
  CHECK_FALSE(in_prefix("10.2.0.5", "10.1.0.0/16"));
  CHECK_FALSE(in_prefix("172.17.0.4", "172.17.0.1/30"));
  CHECK_FALSE(in_prefix("fd01::5", "fd00::/16"));
  CHECK_FALSE(in_prefix("10.1.0.5", "::/0"));
  for (const char* address :
       {"", "10.1.0", "10.1.0.256", "10.1.0.5.6", "a.b.c.d", "1:2", "::1::2", "12345::", "fd00:"})
    CHECK_FALSE(in_prefix(address, "0.0.0.0/0"));
  for (const char* prefix : {"", "10.1.0.0", "10.1.0.0/", "10.1.0.0/33", "10.1.0.0/x", "/8"})
    CHECK_FALSE(in_prefix("10.1.0.5", prefix));
}
