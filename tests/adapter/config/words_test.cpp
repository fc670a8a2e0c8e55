// Tests of splitting words as a shell does, and of the lists that may replace them.
#include "config/words.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace healer {
namespace {

using List = std::vector<std::string>;

TEST_CASE("words are split as by a shell, and nothing is expanded") {
  struct Row {
    std::string text;
    List wanted;
  };
  const std::vector<Row> rows{
      {"", {}},
      {"  a  b\tc\n", {"a", "b", "c"}},
      {"a'b c'd", {"ab cd"}},
      {R"("a b" 'c "d"')", {"a b", "c \"d\""}},
      {R"("\"\\\$\`" "\n" '\n')", {"\"\\$`", "\\n", "\\n"}},
      {R"(a\ b \' \\)", {"a b", "'", "\\"}},
      {"'' \"\"", {"", ""}},
      {"$HOME *.txt ~ `x` a;b|c #d", {"$HOME", "*.txt", "~", "`x`", "a;b|c", "#d"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Words words = split_words(row.text);
    REQUIRE(words);
    CHECK(*words == row.wanted);
  }
  CHECK(split_words("a 'b").error() == "a ' is not closed");
  CHECK(split_words("a \"b").error() == "a \" is not closed");
  CHECK(split_words("a\\").error() == "a backslash stands at the end");
}

TEST_CASE("a text that begins with a bracket is a list") {
  CHECK(*read_words_or_list(R"( ["a b", "c,d", e] )") == List{"a b", "c,d", "e"});
  CHECK(*read_words_or_list("a [b]") == List{"a", "[b]"});
  for (const char* text : {"[", "[a", "[[a]]", "[{a: b}]", "[*a]", "[!x a]", "[a]\n---\n[b]"}) {
    CAPTURE(text);
    CHECK(read_words_or_list(text).error() == "it begins with '[' but is no list of texts");
  }
}

TEST_CASE("parts keep their quotes, and the separators inside quotes") {
  CHECK(*split_outside_quotes("a, 'b,c' ,\"d,\\\",\"e,f\\,g", ',') ==
        List{"a", "'b,c'", "\"d,\\\",\"e", "f\\,g"});
  CHECK(split_outside_quotes("a,'b", ',').error() == "a ' is not closed");
}

TEST_CASE("any words are read back from their shown form") {
  CHECK(rc::check("words", [](const List& words) {
    const Words again = split_words(show_words(words));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == words);
    // In a longer text as well: no separator inside a word splits the text.
    const Words parts = split_outside_quotes("x:" + show_words(words) + ",y", ',');
    RC_ASSERT(parts.has_value());
    RC_ASSERT(parts->size() == 2u);
  }));
  CHECK(rc::check("any text is split or refused", [](const std::string& text) {
    if (const Words words = split_words(text)) RC_ASSERT(*split_words(show_words(*words)) == *words);
    (void)read_words_or_list("[" + text);
  }));
}

TEST_CASE("a command needs a first word and has limits") {
  CHECK(refuse_command({"x"}).empty());
  CHECK(refuse_command({}) == "the command is empty");
  CHECK(refuse_command({"", "x"}) == "the command is empty");
  CHECK(refuse_command(List(65, "x")) == "65 words; at most 64");
  CHECK(refuse_command({"x", std::string(5000, 'y')}) == "5001 bytes; at most 4096");
  CHECK(refuse_command({std::string("a\0b", 3)}) == "a word holds a zero byte");
}

}  // namespace
}  // namespace healer
