// What is sent in paths, queries and headers.
#include <doctest/doctest.h>

#include "base/encode.hpp"

using namespace healer;

TEST_CASE("encode: what a path or a query may not hold is percent-encoded") {
  CHECK(percent_encoded("az-AZ_09.~") == "az-AZ_09.~");
  CHECK(percent_encoded("a b/c?d=%&+\n\xC3\xBC") == "a%20b%2Fc%3Fd%3D%25%26%2B%0A%C3%BC");
}

TEST_CASE("encode: base64 as RFC 4648 has it") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64(std::string_view("\0\xFF\xFE", 3)) == "AP/+");
}
