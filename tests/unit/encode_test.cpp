// Encodings of paths, queries and headers, and the text forms of times.
#include <doctest/doctest.h>

#include <limits>

#include "base/encode.hpp"
#include "base/utc.hpp"

using namespace healer;

TEST_CASE("encode: characters that a path or a query may not contain are percent-encoded") {
  CHECK(percent_encoded("az-AZ_09.~") == "az-AZ_09.~");
  CHECK(percent_encoded("a b/c?d=%&+\n\xC3\xBC") == "a%20b%2Fc%3Fd%3D%25%26%2B%0A%C3%BC");
}

TEST_CASE("encode: valid escapes are decoded, everything else is unchanged") {
  CHECK(percent_decoded("a%20b%2fc%C3%BC%25") == "a b/c\xC3\xBC%");
  CHECK(percent_decoded("%") == "%");
  CHECK(percent_decoded("%4") == "%4");
  CHECK(percent_decoded("%g0%0g%-1%+1%%41") == "%g0%0g%-1%+1%A");
}

TEST_CASE("utc: every form of a time; a time out of range becomes the nearest in range") {
  const WallTime at{1'800'000'000'007};
  CHECK(utc_text(at) == "2027-01-15T08:00:00.007Z");
  CHECK(utc_text(at, UtcForm::Table) == "2027-01-15 08:00:00");
  CHECK(utc_text(at, UtcForm::Mail) == "Fri, 15 Jan 2027 08:00:00 +0000");
  CHECK(utc_text(at, UtcForm::Stamp) == "20270115T080000Z");
  CHECK(utc_text(WallTime{-5}) == "1969-12-31T23:59:59.995Z");
  CHECK(utc_text(WallTime{std::numeric_limits<std::int64_t>::min()}) == "0001-01-01T00:00:00.000Z");
  CHECK(utc_text(WallTime{std::numeric_limits<std::int64_t>::max()}) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("encode: base64 follows RFC 4648") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64(std::string_view("\0\xFF\xFE", 3)) == "AP/+");
}
