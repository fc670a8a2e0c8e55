#include "guard/engine_client.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "guard/io.hpp"
#include "net/answer_parser.hpp"

namespace healer::guard {
namespace {

constexpr Duration endless{365LL * 24 * 3600 * 1000};

int minor_of(const net::HttpHeaders& headers) {
  const std::string text(net::find_header(headers, "Api-Version"));
  int minor = oldest_minor_version;
  if (text.starts_with("1.")) std::from_chars(text.data() + 2, text.data() + text.size(), minor);
  return minor;
}

}  // namespace

std::string EngineClient::version() const {
  return fmt::format("1.{}", minor_.load());
}

Result<void> EngineClient::negotiate() {
  const auto answer = call({.path = "/_ping"});
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200)
    return failure(ErrorCode::Protocol, fmt::format("ping: status {}", answer->status));
  minor_ = std::clamp(minor_of(answer->headers), oldest_minor_version, newest_minor_version);
  return {};
}

Result<net::HttpAnswer> EngineClient::call(const EngineCall& call) const {
  return stream(call, nullptr, nullptr);
}

Result<net::HttpAnswer> EngineClient::stream(const EngineCall& call, const std::function<void()>& begun,
                                             const Take& take) const {
  const Deadline deadline(call.deadline == Duration{0} ? endless : call.deadline);
  const auto connection = connect_unix(socket_);
  if (!connection) return tl::unexpected(connection.error());
  const std::string version = call.path == "/_ping" ? "" : "/v" + this->version();
  std::string request = fmt::format("{} {}{} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n", call.method,
                                    version, call.path);
  if (!call.body.empty()) request += "Content-Type: application/json\r\n";
  if (call.method == "POST") request += fmt::format("Content-Length: {}\r\n", call.body.size());
  request += "\r\n" + call.body;
  if (auto sent = write_all(connection->get(), request, deadline); !sent) return tl::unexpected(sent.error());

  net::AnswerParser::Settings settings;
  settings.body_cap = call.body_cap;
  settings.endless = take != nullptr;
  settings.on_head = [&](const net::HttpAnswer& head) -> net::AnswerParser::Sink {
    if (!take || head.status < 200 || head.status > 299) return nullptr;
    if (begun) begun();
    return take;
  };
  net::AnswerParser parser(std::move(settings));
  std::array<char, 16 * 1024> buffer;
  while (!parser.done()) {
    const auto got = read_some(connection->get(), buffer.data(), buffer.size(), deadline, call.watched);
    if (!got) return tl::unexpected(got.error());
    const Result<void> fed = *got == 0 ? parser.finish() : parser.feed({buffer.data(), *got});
    if (!fed) return tl::unexpected(fed.error());
    if (*got == 0) break;
  }
  net::HttpAnswer answer = parser.take();
  if (answer.status == 101)
    return failure(ErrorCode::Protocol, "the engine switches protocols, which was not asked");
  return answer;
}

}  // namespace healer::guard
