#include "net/http_response.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cctype>
#include <string>
#include <tuple>
#include <vector>

using healer::net::HttpResponseParser;
using State = HttpResponseParser::State;
using Body = HttpResponseParser::Body;

namespace {

bool keeps_location(int status, std::string_view name) {
  return status >= 200 && name.size() == 8 && std::tolower(name.front()) == 'l';
}

// Everything that a parser shows after the peer has sent these pieces and closed.
using Outcome = std::tuple<State, int, std::string, std::string, std::string>;

Outcome parse(const std::vector<std::string>& pieces, Body body) {
  HttpResponseParser parser({.body = body, .keeps = &keeps_location});
  for (const std::string& piece : pieces) parser.feed(piece);
  const State state = parser.finish();
  return {state, parser.status(), parser.body(), parser.problem(), std::string(parser.field("location"))};
}

struct Sample {
  const char* name;
  std::string bytes;
  Body body_wanted;
  State state;
  int status;
  std::string body;
};

const std::string big(50'000, 'b');
const std::string huge(300'000, 'h');

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all{
      {"head only", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", Body::None, State::Complete, 200, ""},
      {"no reason phrase", "HTTP/1.1 204\r\n\r\n", Body::None, State::Complete, 204, ""},
      {"HTTP/1.0, bare line feeds", "HTTP/1.0 503 Service Unavailable\nA: b\n\nbody", Body::None,
       State::Complete, 503, ""},
      {"body not wanted", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", Body::None, State::Complete, 200,
       ""},
      {"fixed body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloextra", Body::Needed, State::Complete,
       200, "hello"},
      {"empty fixed body", "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", Body::Needed, State::Complete, 200,
       ""},
      {"the same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
       Body::Needed, State::Complete, 200, "ab"},
      {"equal lengths in one field", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nab", Body::Needed,
       State::Complete, 200, "ab"},
      {"two lengths in one field", "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nab", Body::Needed,
       State::Complete, 200, "ab"},
      {"a length that ends in a comma", "HTTP/1.1 200 OK\r\nContent-Length: 2,\r\n\r\nabc", Body::Needed,
       State::Complete, 200, "ab"},
      {"a length that is no number runs until close", "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nab",
       Body::Needed, State::Complete, 200, "ab"},
      {"a folded length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n\r\nabc", Body::Needed,
       State::Complete, 200, "ab"},
      {"a folded coding",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip,\r\n\tchunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", Body::Needed,
       State::Complete, 200, "ab"},
      {"blanks around a field's name", "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length \t: 2\r\n\r\nabc",
       Body::Needed, State::Complete, 200, "ab"},
      {"until close", "HTTP/1.1 500 Oops\r\n\r\nwhy", Body::Needed, State::Complete, 500, "why"},
      {"chunked",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: "
       "v\r\n\r\n",
       Body::Needed, State::Complete, 200, "abc0123456789"},
      {"chunked wins over length",
       "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n1\r\nz\r\n0\r\n",
       Body::Needed, State::Complete, 200, "z"},
      {"unknown coding runs until close",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nxyz", Body::Needed,
       State::Complete, 200, "xyz"},
      {"interim answers are skipped",
       "HTTP/1.1 100 Continue\r\nContent-Length: 7\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: "
       "x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
       Body::Needed, State::Complete, 200, "ok"},
      {"101 is an answer", "HTTP/1.1 101 Switching Protocols\r\n\r\n\x01\x02", Body::Needed, State::Complete,
       101, ""},
      {"204 has no body", "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", Body::Needed,
       State::Complete, 204, ""},
      {"folded header", "HTTP/1.1 200 OK\r\nA: b\r\n  folded\r\n\r\n", Body::None, State::Complete, 200, ""},
      {"body cut at its cap", "HTTP/1.1 200 OK\r\n\r\n" + big, Body::Needed, State::Complete, 200,
       big.substr(0, 10 * 1024)},
      {"chunk cut at the cap", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nC350\r\n" + big,
       Body::Needed, State::Complete, 200, big.substr(0, 10 * 1024)},
      {"nothing", "", Body::None, State::Truncated, 0, ""},
      {"half a status line", "HTTP/1.1 20", Body::None, State::Truncated, 0, ""},
      {"half a head", "HTTP/1.1 200 OK\r\nA: b\r\n", Body::Needed, State::Truncated, 200, ""},
      {"half a head, of which the status decides", "HTTP/1.1 200 OK\r\nA: b\r\nConte", Body::None,
       State::Complete, 200, ""},
      {"a status line alone", "HTTP/1.1 200 OK\n", Body::None, State::Complete, 200, ""},
      {"a status line without its end", "HTTP/1.1 503 Busy", Body::None, State::Complete, 503, ""},
      {"half the head of an interim answer", "HTTP/1.1 100 Continue\r\nA: b", Body::None, State::Truncated,
       100, ""},
      {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Body::Needed, State::Truncated, 200,
       "hel"},
      {"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", Body::Needed,
       State::Truncated, 200, "hel"},
      {"only an interim answer", "HTTP/1.1 100 Continue\r\n\r\n", Body::None, State::Truncated, 100, ""},
      {"another protocol", "SSH-2.0-OpenSSH_9.2", Body::None, State::Malformed, 0, ""},
      {"HTTP/2 settings", std::string("\0\0\x12\x04\0", 5), Body::None, State::Malformed, 0, ""},
      {"HTTP/2 in words", "HTTP/2 200\r\n\r\n", Body::None, State::Complete, 200, ""},
      {"more blanks than one", "HTTP/1.1 \t 200   OK\r\n\r\n", Body::None, State::Complete, 200, ""},
      {"no version", "HTTP/ 200 OK\r\n\r\n", Body::None, State::Malformed, 0, ""},
      {"a version that is none", "HTTP/one 200 OK\r\n\r\n", Body::None, State::Malformed, 0, ""},
      {"status of two digits", "HTTP/1.1 20 OK\r\n\r\n", Body::None, State::Malformed, 0, ""},
      {"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", Body::None, State::Malformed, 0, ""},
      {"status below 100", "HTTP/1.1 099 No\r\n\r\n", Body::None, State::Malformed, 0, ""},
      {"empty first lines", "\r\n\n\r\nHTTP/1.1 200 OK\r\n\r\n", Body::None, State::Complete, 200, ""},
      {"an empty line before the second head", "HTTP/1.1 100 C\r\n\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
       Body::None, State::Complete, 200, ""},
      {"a bare CR before the status line", "\rHTTP/1.1 200 OK\r\n\r\n", Body::None, State::Malformed, 0, ""},
      {"header without colon", "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\nokay", Body::Needed,
       State::Complete, 200, "ok"},
      {"header without name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n", Body::None, State::Complete, 200, ""},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", Body::None,
       State::Complete, 200, ""},
      {"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Body::None, State::Complete, 200,
       ""},
      {"length beyond 64 bits", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nab",
       Body::Needed, State::Complete, 200, "ab"},
      {"a failure's body", "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nabc", Body::OfFailure,
       State::Complete, 503, "ab"},
      {"a failure's body, cut", "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nabc", Body::OfFailure,
       State::Complete, 503, "abc"},
      {"a failure's needed body, cut", "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nabc", Body::Needed,
       State::Complete, 503, "abc"},
      {"a failure's chunks, broken", "HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc",
       Body::OfFailure, State::Complete, 400, "ab"},
      {"no failure, no body", "HTTP/1.1 399 Odd\r\nContent-Length: 2\r\n\r\nabc", Body::OfFailure,
       State::Complete, 399, ""},
      {"bad chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", Body::Needed,
       State::Malformed, 200, ""},
      {"chunk size beyond 64 bits",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", Body::Needed,
       State::Malformed, 200, ""},
      {"chunk longer than said", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
       Body::Needed, State::Malformed, 200, "a"},
      {"endless chunk extension", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + big,
       Body::Needed, State::Malformed, 200, ""},
      {"endless header", "HTTP/1.1 200 OK\r\nA: " + huge, Body::Needed, State::Malformed, 200, ""},
      {"endless header, of which the status decides", "HTTP/1.1 200 OK\r\nA: " + huge, Body::None,
       State::Complete, 200, ""},
      {"endless status line", "HTTP/1.1 200 " + huge, Body::None, State::Malformed, 0, ""},
      {"a long header", "HTTP/1.1 200 OK\r\nCookie: " + big + "\r\nContent-Length: 2\r\n\r\nabc",
       Body::Needed, State::Complete, 200, "ab"},
  };
  return all;
}

std::string endless_interim_answers() {
  std::string bytes;
  while (bytes.size() < 2 * HttpResponseParser::head_cap) bytes += "HTTP/1.1 100 Continue\r\n\r\n";
  return bytes;
}

}  // namespace

TEST_CASE("every sample answer is parsed as expected") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    const auto [state, status, body, problem, location] = parse({sample.bytes}, sample.body_wanted);
    CHECK(state == sample.state);
    CHECK(status == sample.status);
    CHECK(body == sample.body);
    CHECK(problem.empty() == (state != State::Malformed));
    CHECK(location.empty());
  }
}

TEST_CASE("the wanted fields of the final head are kept") {
  const std::string bytes =
      "HTTP/1.1 103 Early Hints\r\nLocation: /early\r\n\r\n"
      "HTTP/1.1 302 Found\r\nX-Location: /no\r\nLOCATION : \t /next?a=b \r\n  c\r\nLocation: /second\r\n\r\n";
  HttpResponseParser wanted({.keeps = &keeps_location});
  CHECK(wanted.feed(bytes) == State::Complete);
  CHECK(wanted.fields().size() == 2);
  CHECK(wanted.field("location") == "/next?a=b c");
  HttpResponseParser unwanted;
  CHECK(unwanted.feed(bytes) == State::Complete);
  CHECK(unwanted.fields().empty());
}

TEST_CASE("what is kept of a head is bounded") {
  HttpResponseParser parser({.keeps = &keeps_location});
  parser.feed("HTTP/1.1 302 Found\r\nLocation: " + big + "\r\n");
  for (int i = 0; i < 20; ++i) parser.feed("  " + std::string(1000, 'f') + "\r\n");
  for (int i = 0; i < 100; ++i) parser.feed("Location: /\r\n");
  CHECK(parser.feed("\r\n") == State::Complete);
  CHECK(parser.fields().size() == HttpResponseParser::most_kept);
  CHECK(parser.field("location").size() <= HttpResponseParser::line_cap);
}

TEST_CASE("splitting an answer anywhere changes nothing") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    const Outcome whole = parse({sample.bytes}, sample.body_wanted);
    for (std::size_t cut = 0; cut <= std::min<std::size_t>(sample.bytes.size(), 400); ++cut) {
      CAPTURE(cut);
      CHECK(parse({sample.bytes.substr(0, cut), sample.bytes.substr(cut)}, sample.body_wanted) == whole);
    }
    std::vector<std::string> bytes;
    for (const char byte : sample.bytes) bytes.emplace_back(1, byte);
    CHECK(parse(bytes, sample.body_wanted) == whole);
  }
}

TEST_CASE("the head's cap is exact and includes interim answers") {
  std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: \r\n\r\n";
  head.insert(head.size() - 4, HttpResponseParser::head_cap - head.size(), 'x');
  const HttpResponseParser::Wanted body{.body = Body::Needed};
  CHECK(HttpResponseParser(body).feed(head) == State::Complete);
  head.insert(head.size() - 4, 1, 'x');
  HttpResponseParser cut(body);
  CHECK(cut.feed(head) == State::Malformed);
  CHECK(cut.head_too_large());
  CHECK(HttpResponseParser().feed(head) == State::Complete);
  CHECK(HttpResponseParser().feed(endless_interim_answers()) == State::Malformed);
}

TEST_CASE("an answer that gives its length is complete before the connection closes") {
  HttpResponseParser head_only;
  CHECK(head_only.feed("HTTP/1.1 200 OK\r\n\r") == State::More);
  CHECK(head_only.feed("\n") == State::Complete);
  HttpResponseParser fixed({.body = Body::Needed});
  CHECK(fixed.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no") == State::More);
  CHECK(fixed.feed("k") == State::Complete);
  HttpResponseParser another;
  CHECK(another.feed("HTTQ") == State::Malformed);  // at the first wrong byte, not at the timeout
}

TEST_CASE("any bytes, split anywhere, give one outcome") {
  // Fragments of real answers between random bytes reach more of the parser than random bytes alone.
  const auto fragment = rc::gen::weightedOneOf<std::string>(
      {{1, rc::gen::arbitrary<std::string>()},
       {3, rc::gen::element<std::string>("HTTP/1.1 ", "200 OK\r\n", "100 C\r\n", "503 X\r\n", "\r\n", "\n",
                                         "\r", "Content-Length: ", "Location: ", "5",
                                         "Transfer-Encoding: chunked\r\n", "0\r\n", "a\r\n", "FF\r\n", ":",
                                         " ", ";", std::string(5000, 'y'), std::string(1, '\0'))}});
  CHECK(rc::check([&fragment] {
    const auto start =
        *rc::gen::element<std::string>("", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 500 Oops\r\n",
                                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::vector<std::string> pieces = *rc::gen::container<std::vector<std::string>>(fragment);
    pieces.insert(pieces.begin(), start);
    const Body body = *rc::gen::element(Body::None, Body::OfFailure, Body::Needed);
    std::string whole;
    for (const std::string& piece : pieces) whole += piece;
    const Outcome outcome = parse({whole}, body);
    RC_ASSERT(parse(pieces, body) == outcome);
    RC_ASSERT(std::get<0>(outcome) != State::More);
    RC_ASSERT(std::get<2>(outcome).size() <= HttpResponseParser::body_cap);
  }));
}
