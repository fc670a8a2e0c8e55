// Why healer has its own response parser (docs/decisions/0010): healer reads these answers, Boost.Beast
// refuses them. When a case fails because Beast accepts the answer, that decision can be reviewed.
#include <doctest/doctest.h>

#include <string>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/http_response.hpp"

using healer::net::HttpResponseParser;

namespace {

bool beast_reads(std::string_view bytes) {
  namespace http = boost::beast::http;
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  boost::system::error_code error;
  while (!bytes.empty() && !parser.is_done()) {
    const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error && (error != http::error::need_more || used == 0)) return false;
    bytes.remove_prefix(used);
  }
  return parser.is_done();
}

}  // namespace

TEST_CASE("Boost.Beast refuses answers that healer reads") {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n",
        "\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nServer : x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX Y: z\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \x01\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n", "HTTP/1.1 204\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"}) {
    CAPTURE(std::string(bytes));
    CHECK_FALSE(beast_reads(bytes));
    HttpResponseParser own({.body = HttpResponseParser::Body::Needed});
    CHECK(own.feed(bytes) == HttpResponseParser::State::Complete);
  }
  CHECK(beast_reads("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
}
