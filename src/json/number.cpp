#include "json/number.hpp"

#include <bit>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace healer::json {
namespace {

bool is_read_back(double number) {
  if (!std::isfinite(number)) return false;
  boost::json::error_code error;
  const boost::json::value read =
      boost::json::parse(boost::json::serialize(boost::json::value(number)), error);
  return !error && read.is_double() &&
         std::bit_cast<std::uint64_t>(read.get_double()) == std::bit_cast<std::uint64_t>(number);
}

}  // namespace

boost::json::value fraction(double number) {
  if (is_read_back(number)) return number;
  return boost::json::value(fmt::format("{}", number));
}

std::optional<double> fraction_of(const boost::json::value& value) {
  if (value.is_double()) return value.get_double();
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = view(value.get_string());
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace healer::json
