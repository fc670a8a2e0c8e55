#include "alert/prometheus_answer.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/redact.hpp"
#include "base/text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_error = 300;

tl::unexpected<Error> refuse(std::string message) {
  return failure(ErrorCode::InvalidInput, std::move(message));
}

const json::value* member(const json::object& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &found->value();
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* found = member(object, name);
  return found && found->is_string() ? clip(printable(redact(found->get_string())), longest_error)
                                     : std::string();
}

/// "1.5", "NaN", "+Inf", "-Inf".
std::optional<double> read_value(std::string_view text) {
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || last != end) return std::nullopt;
  return value;
}

/// [ seconds, "value" ]
std::optional<double> read_point(const json::value* point) {
  if (!point || !point->is_array() || point->get_array().size() != 2) return std::nullopt;
  const json::value& value = point->get_array()[1];
  return value.is_string() ? read_value(value.get_string()) : std::nullopt;
}

Result<Samples> read_vector(const json::array& series) {
  if (series.size() > most_samples)
    return refuse(fmt::format("the answer has {} series; accepted: {} at most", series.size(), most_samples));
  Samples samples;
  for (const json::value& each : series) {
    const json::value* labels = each.is_object() ? member(each.get_object(), "metric") : nullptr;
    if (!labels || !labels->is_object()) return refuse("a series of the answer has no labels");
    if (!member(each.get_object(), "value") && member(each.get_object(), "histogram")) continue;
    const auto value = read_point(member(each.get_object(), "value"));
    if (!value) return refuse("a series of the answer has no value");
    if (std::isnan(*value)) {
      ++samples.not_numbers;
      continue;
    }
    Sample sample{{}, *value};
    for (const auto& [name, label] : labels->get_object())
      if (label.is_string()) sample.labels.emplace(name, label.get_string());
    samples.all.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace

Result<Samples> read_prometheus_answer(std::string_view body) {
  boost::system::error_code error;
  const json::value root = json::parse(body, error);
  if (error || !root.is_object()) return refuse("the answer is none of Prometheus's API");
  const json::object& answer = root.get_object();
  if (text_of(answer, "status") == "error") {
    const std::string why = text_of(answer, "error");
    return refuse("Prometheus says: " + (why.empty() ? "error" : why));
  }
  const json::value* data = member(answer, "data");
  if (text_of(answer, "status") != "success" || !data || !data->is_object())
    return refuse("the answer is none of Prometheus's API");
  const json::value* result = member(data->get_object(), "result");
  const std::string type = text_of(data->get_object(), "resultType");
  if (type == "vector" && result && result->is_array()) return read_vector(result->get_array());
  if (type == "scalar") {
    const auto value = read_point(result);
    if (!value) return refuse("the scalar of the answer has no value");
    Samples samples;
    if (std::isnan(*value))
      ++samples.not_numbers;
    else
      samples.all.push_back({{}, *value});
    return samples;
  }
  return refuse(
      fmt::format("the answer is a {}; accepted: a vector or a scalar", type.empty() ? "null" : type));
}

}  // namespace healer
