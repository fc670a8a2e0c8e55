// Under which names the public port may be asked.
#include <doctest/doctest.h>

#include "api/allowed_host.hpp"

using namespace healer;

TEST_CASE("addresses, localhost and names without a dot are accepted, other names only if they are allowed") {
  const std::vector<std::string> none;
  for (const char* host :
       {"", "127.0.0.1", "127.0.0.1:9180", "10.0.0.7:1", "[::1]", "[::1]:9180", "[fe80::1%25eth0]:1",
        "localhost", "LocalHost:9180", "healer", "healer:9180", "healer."})
    CHECK_MESSAGE(is_allowed_host(host, none), host);
  for (const char* host : {"evil.example", "evil.example:9180", "evil.example.", "127.0.0.1.evil.example",
                           "1.2.3.4.nip.io", "localhost.evil.example", "[::1", "[evil.example]", "[::1]x",
                           "a:b", "127.0.0.1:9180x", "x@localhost", "localhost/x", "::1", "."})
    CHECK_MESSAGE(!is_allowed_host(host, none), host);
  const std::vector<std::string> allowed{"healer.example.org"};
  CHECK(is_allowed_host("healer.example.org", allowed));
  CHECK(is_allowed_host("Healer.Example.Org.:9180", allowed));
  CHECK_FALSE(is_allowed_host("x.healer.example.org", allowed));
}
