#include "engine/docker/json_fields.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include "base/text.hpp"
#include "engine/docker/json_splitter.hpp"

namespace healer::docker {
namespace {

namespace json = boost::json;

const json::object& nothing() {
  static const json::object empty;
  return empty;
}

std::string_view kind_name(json::kind kind) {
  switch (kind) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "true or false";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "something else";
}

}  // namespace

Result<json::value> parse_json(std::string_view text, json::storage_ptr storage) {
  json::parse_options options;
  options.max_depth = deepest_json;
  // The engine may cut a health check's output within a character; the text is made valid where it is shown.
  options.allow_invalid_utf8 = true;
  json::error_code error;
  json::value value = json::parse(text, error, std::move(storage), options);
  if (error == json::error::too_deep)
    return failure(ErrorCode::Protocol, fmt::format("JSON nested deeper than {}", deepest_json));
  if (error) return failure(ErrorCode::Protocol, "malformed JSON: " + error.message());
  return value;
}

Fields::Fields(const json::value& value, Problem& problem) : object_(value.if_object()), problem_(problem) {
  if (object_) return;
  object_ = &nothing();
  problem_ = fmt::format("an object expected, {} seen", kind_name(value.kind()));
}

std::string Fields::path_of(std::string_view name) const {
  // Names within ports, labels and networks are data from outside and may contain any bytes.
  return path_ + clip(printable(name), 60);
}

void Fields::wrong(std::string_view name, std::string_view expected, const json::value& seen) const {
  if (!problem_)
    problem_ = fmt::format("{}: {} expected, {} seen", path_of(name), expected, kind_name(seen.kind()));
}

const json::value* Fields::find(std::string_view name) const {
  const auto* value = object_->if_contains({name.data(), name.size()});
  return value && !value->is_null() ? value : nullptr;
}

std::string Fields::text(std::string_view name) const {
  const auto* value = find(name);
  return value ? text_of(name, *value) : std::string();
}

std::string Fields::text_of(std::string_view name, const json::value& value) const {
  if (const auto* text = value.if_string()) return {text->data(), text->size()};
  if (!value.is_null()) wrong(name, "a string", value);
  return {};
}

std::optional<std::int64_t> Fields::number_if_said(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  if (const auto* whole = value->if_int64()) return *whole;
  if (const auto* real = value->if_double()) {
    // 1e18 fits into int64, and no field is larger.
    if (std::abs(*real) <= 1e18 && std::trunc(*real) == *real) return static_cast<std::int64_t>(*real);
  }
  if (value->is_number()) {
    if (!problem_) problem_ = path_of(name) + ": a whole number of 64 bits expected";
    return std::nullopt;
  }
  wrong(name, "a number", *value);
  return std::nullopt;
}

std::int64_t Fields::number(std::string_view name) const {
  return number_if_said(name).value_or(0);
}

bool Fields::flag(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return false;
  if (const auto* flag = value->if_bool()) return *flag;
  wrong(name, "true or false", *value);
  return false;
}

Fields Fields::object(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return {&nothing(), path_of(name) + ".", problem_};
  return within(name, *value);
}

Fields Fields::within(std::string_view name, const json::value& value) const {
  const auto* object = value.if_object();
  if (!object && !value.is_null()) wrong(name, "an object", value);
  return {object ? object : &nothing(), path_of(name) + ".", problem_};
}

const json::array* Fields::array(std::string_view name) const {
  const auto* value = find(name);
  if (!value) return nullptr;
  if (const auto* array = value->if_array()) return array;
  wrong(name, "an array", *value);
  return nullptr;
}

}  // namespace healer::docker
