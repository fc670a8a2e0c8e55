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
/// With the status that fits its code.
net::HttpResponse error_answer(const Error& error);
net::HttpResponse text_answer(std::string body, const char* content_type);

/// A value of "a=b&c=d", decoded; nothing when it is not there or unhealthy-formed.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace healer
