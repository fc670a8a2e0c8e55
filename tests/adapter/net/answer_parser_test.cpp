#include "net/answer_parser.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace healer;
using net::AnswerParser;

namespace {

AnswerParser::Settings caps(std::size_t head, std::size_t body) {
  AnswerParser::Settings settings;
  settings.head_cap = head;
  settings.body_cap = body;
  return settings;
}

}  // namespace

TEST_CASE("an answer is the same wherever its bytes are split") {
  const std::string whole =
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n7;name=x\r\n, world\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
    CAPTURE(piece);
    AnswerParser parser{{}};
    for (std::size_t at = 0; at < whole.size(); at += piece)
      REQUIRE(parser.feed(std::string_view(whole).substr(at, piece)));
    REQUIRE(parser.done());
    CHECK(parser.keep_alive());
    const auto answer = parser.take();
    CHECK(answer.status == 200);
    CHECK(answer.body == "hello, world");
    CHECK(net::find_header(answer.headers, "api-version") == "1.41");
  }
}

TEST_CASE("the bytes after the head of a 101 answer are a raw stream, wherever they are split") {
  const std::string head = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
  const std::string stream = "HTTP/1.1 200 OK\r\n\r\n5\r\nno HTTP\r\n\r\n";
  const std::string whole = head + stream;
  for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
    CAPTURE(piece);
    AnswerParser::Settings settings;
    settings.upgrade = true;
    AnswerParser parser(settings);
    for (std::size_t at = 0; at < whole.size(); at += piece)
      REQUIRE(parser.feed(std::string_view(whole).substr(at, piece)));
    CHECK_FALSE(parser.done());
    REQUIRE(parser.finish());
    CHECK_FALSE(parser.keep_alive());
    const auto answer = parser.take();
    CHECK(answer.status == 101);
    CHECK(answer.body == stream);
  }
  AnswerParser unrequested{{}};
  REQUIRE(unrequested.feed(whole));
  CHECK(unrequested.done());
  CHECK_FALSE(unrequested.keep_alive());
  CHECK(unrequested.take().body.empty());

  AnswerParser::Settings capped = caps(1000, 10);
  capped.upgrade = true;
  AnswerParser large(capped);
  CHECK(large.feed(whole).error().code == ErrorCode::TooLarge);
}

TEST_CASE("a body ends by its length or with the connection, and may be absent") {
  AnswerParser length{{}};
  REQUIRE(length.feed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"));
  CHECK_FALSE(length.done());
  REQUIRE(length.feed("c"));
  CHECK(length.done());
  CHECK(length.take().body == "abc");

  AnswerParser to_the_end{{}};
  REQUIRE(to_the_end.feed("HTTP/1.0 200 OK\r\n\r\nabc"));
  CHECK_FALSE(to_the_end.done());
  REQUIRE(to_the_end.finish());
  CHECK(to_the_end.done());
  CHECK_FALSE(to_the_end.keep_alive());
  CHECK(to_the_end.take().body == "abc");

  AnswerParser none{{}};
  REQUIRE(none.feed("HTTP/1.1 204 No Content\r\n\r\n"));
  CHECK(none.done());

  AnswerParser::Settings settings;
  settings.head_only = true;
  AnswerParser head{settings};
  REQUIRE(head.feed("HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n"));
  CHECK(head.done());
}

TEST_CASE("a connection that ends within an answer is distinguished from one that ends before it") {
  for (const char* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "HTTP/1.1 200 OK\r\nTransf",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    CAPTURE(std::string(bytes));
    AnswerParser parser{{}};
    REQUIRE(parser.feed(bytes));
    const auto ended = parser.finish();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code == ErrorCode::ConnectionLost);
    CHECK(ended.error().message.find("middle") != std::string::npos);
  }
  AnswerParser parser{{}};
  const auto ended = parser.finish();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ErrorCode::ConnectionLost);
  CHECK(ended.error().message.find("before") != std::string::npos);
}

TEST_CASE("bytes that are not HTTP are a protocol error") {
  for (const char* bytes : {"\x15\x03\x03 garbage that goes on", "SSH-2.0-OpenSSH\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"}) {
    CAPTURE(std::string(bytes));
    AnswerParser parser{{}};
    const auto fed = parser.feed(bytes);
    REQUIRE_FALSE(fed);
    CHECK(fed.error().code == ErrorCode::Protocol);
  }
}

TEST_CASE("an endless series of interim answers is refused") {
  AnswerParser parser{{}};
  Result<void> fed;
  for (int i = 0; i < 20 && fed; ++i) fed = parser.feed("HTTP/1.1 102 Processing\r\n\r\n");
  REQUIRE_FALSE(fed);
  CHECK(fed.error().code == ErrorCode::Protocol);
}

TEST_CASE("a head or a body above its cap is refused") {
  AnswerParser head{caps(100, 100)};
  const auto long_head = head.feed("HTTP/1.1 200 OK\r\nX: " + std::string(200, 'x'));
  REQUIRE_FALSE(long_head);
  CHECK(long_head.error().code == ErrorCode::TooLarge);

  AnswerParser declared{caps(1000, 100)};
  const auto too_long = declared.feed("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nx");
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().code == ErrorCode::TooLarge);

  AnswerParser chunked{caps(1000, 100)};
  Result<void> fed = chunked.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 20 && fed; ++i) fed = chunked.feed("a\r\n0123456789\r\n");
  REQUIRE_FALSE(fed);
  CHECK(fed.error().code == ErrorCode::TooLarge);

  AnswerParser extension{caps(1000, 100)};
  fed = extension.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=");
  for (int i = 0; i < 1000 && fed; ++i) fed = extension.feed(std::string(1000, 'x'));
  CHECK_FALSE(fed);
}

TEST_CASE("a sink gets the body while it arrives and may end the call") {
  std::string seen;
  AnswerParser::Settings settings;
  settings.body_cap = 4;
  settings.endless = true;
  settings.on_head = [&seen](const net::HttpAnswer& answer) -> AnswerParser::Sink {
    CHECK(answer.status == 200);
    return [&seen](std::string_view bytes) -> Result<void> {
      seen += bytes;
      if (seen.find("stop") != std::string::npos) return failure(ErrorCode::Cancelled, "enough");
      return {};
    };
  };
  AnswerParser parser{settings};
  REQUIRE(parser.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabc"));
  CHECK(seen == "abc");
  REQUIRE(parser.feed("defgh\r\n"));
  CHECK(seen == "abcdefgh");
  const auto stopped = parser.feed("4\r\nstop\r\n");
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().message == "enough");
}
