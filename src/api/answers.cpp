#include "api/answers.hpp"

#include <utility>

#include "base/text.hpp"

namespace healer {

net::HttpResponse json_answer(int status, boost::json::object body) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = boost::json::serialize(body) + "\n";
  return response;
}

net::HttpResponse error_answer(int status, std::string message) {
  return json_answer(status, {{"error", std::move(message)}});
}

net::HttpResponse error_answer(const Error& error) {
  int status = 503;
  if (error.code == ErrorCode::NotFound) status = 404;
  if (error.code == ErrorCode::InvalidInput) status = 400;
  if (error.code == ErrorCode::Conflict) status = 409;
  return error_answer(status, error.message);
}

net::HttpResponse text_answer(std::string body, const char* content_type) {
  net::HttpResponse response;
  response.body = std::move(body);
  response.content_type = content_type;
  return response;
}

namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  for (const std::string& part : split(query, '&')) {
    const std::string_view pair = part;
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    const std::string_view raw = pair.substr(equals + 1);
    std::string value;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '%') {
        if (i + 2 >= raw.size()) return std::nullopt;
        const int high = hex(raw[i + 1]);
        const int low = hex(raw[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        value += static_cast<char>(high * 16 + low);
        i += 2;
      } else {
        value += raw[i] == '+' ? ' ' : raw[i];
      }
    }
    return value;
  }
  return std::nullopt;
}

}  // namespace healer
