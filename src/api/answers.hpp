#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/result.hpp"
#include "net/http_server.hpp"

namespace healer {

net::HttpResponse json_answer(int status, boost::json::object body);
/// {"error": "..."}
net::HttpResponse error_answer(int status, std::string message);
/// The HTTP status follows from the error's code.
net::HttpResponse error_answer(const Error& error);
net::HttpResponse text_answer(std::string body, const char* content_type);

/// The value of `name` in a query such as "a=b&c=d", decoded; empty optional when it is missing or malformed.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace healer
