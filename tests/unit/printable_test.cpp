// The sanitiser of every border: what stays, what becomes a mark, what goes.
#include <string>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "base/text.hpp"

using namespace healer;

TEST_CASE("letters of any language stay, invalid bytes and control characters become marks") {
  for (const char* text : {"", "plain", "é ü 漢字 العربية 😀", "~!@#$%^&*()"}) CHECK(printable(text) == text);
  CHECK(printable("a\tb\nc\rd") == "a b c d");
  CHECK(printable("a\xC2\x85"
                  "b\xE2\x80\xA8"
                  "c") == "a b c");  // line ends of Unicode
  CHECK(printable("a\x01"
                  "b\x7f"
                  "c\xC2\x80"
                  "d\xC2\x9F") == "a?b?c?d?");
  CHECK(printable("\xFF\xC0\x80\xED\xA0\x80\xF5") == "???????");
  CHECK(printable("cut \xE2\x82") == "cut ??");
}

TEST_CASE("characters without width or that turn the direction are left out") {
  CHECK(printable("pass\xE2\x80\x8Bword") == "password");  // zero width space
  CHECK(printable("a\xE2\x80\xAE"
                  "cba\xE2\x80\xAC") == "acba");  // right-to-left override
  CHECK(printable("a\xE2\x81\xA6"
                  "b\xE2\x81\xA9") == "ab");  // isolates
  CHECK(printable("\xEF\xBB\xBF"
                  "a\xC2\xAD"
                  "b\xD8\x9C") == "ab");
  CHECK(printable("a\xF3\xA0\x81\x81"
                  "b") == "ab");  // a tag
}

TEST_CASE("sequences for a terminal are left out as a whole") {
  CHECK(printable("\x1b[31mred\x1b[0m") == "red");
  CHECK(printable("\xC2\x9B"
                  "31mred") == "red");
  CHECK(printable("\x1b]0;title\aafter") == "after");
  CHECK(printable("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\") == "link");
  CHECK(printable("\x1bP1$r\x1b\\after") == "after");
  CHECK(printable("\x1b]0;no end\nafter") == "?]0;no end after");
  CHECK(printable("lone \x1b") == "lone ?");
  CHECK(printable("cut \x1b[3") == "cut ");
}

TEST_CASE("text of several lines keeps its line ends") {
  CHECK(printable_lines("a\tb\r\nc\n\nd") == "a b\nc\n\nd");
  CHECK(printable_lines("\x1b[1mx\n\x07\n") == "x\n?\n");
}

TEST_CASE("what the sanitiser made stays as it is") {
  const bool held = rc::check([] {
    const std::string text = *rc::gen::container<std::string>(
        rc::gen::oneOf(rc::gen::arbitrary<char>(),
                       rc::gen::element('\x1b', '[', '\xC2', '\xE2', '\x80', '\x9B', '\xAE', '\n')));
    const std::string once = printable(text);
    RC_ASSERT(printable(once) == once);
    for (const char c : once) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20);
    RC_ASSERT(printable_lines(printable_lines(text)) == printable_lines(text));
  });
  CHECK(held);
}
