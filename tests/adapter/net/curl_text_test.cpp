// Tests of the texts that libcurl's errors become.
#include <string>

#include <doctest/doctest.h>

#include "net/curl_transfer.hpp"

using healer::net::without_measured_time;

TEST_CASE("curl text: one problem has one text, however long it took") {
  CHECK(
      without_measured_time("Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server") ==
      "Failed to connect to 127.0.0.1 port 9: Couldn't connect to server");
  CHECK(without_measured_time("Operation timed out after 10001 milliseconds with 0 bytes received") ==
        "Operation timed out with 0 bytes received");
  CHECK(without_measured_time("Failed to resolve host 'a' with timeout after 12 ms") ==
        "Failed to resolve host 'a' with timeout");
  CHECK(without_measured_time("Resolving timed out after 5 ms") ==
        without_measured_time("Resolving timed out after 7 ms"));
}

TEST_CASE("curl text: other words and numbers stay") {
  for (const char* text :
       {"", "closed after", "closed after ", "closed after 3", "closed after 3 tries", "after 3 msgs",
        "the 2nd line after 4 lines, after 5 words", "Connection reset by peer"})
    CHECK(without_measured_time(text) == text);
}
