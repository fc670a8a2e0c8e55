#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/result.hpp"

namespace healer::docker {

/// Parses one JSON text into memory of `storage`; Protocol if the text is malformed or nests too deep.
Result<boost::json::value> parse_json(std::string_view text, boost::json::storage_ptr storage);

/// Reads an object's fields by type. An absent or null field gives an empty value. A field of the wrong type
/// is a Protocol error of the whole answer: all readers of one answer share a Problem, which keeps the first
/// one, so that reading code stays a plain list of fields.
class Fields {
 public:
  /// The first problem: "State.ExitCode: a number expected, a string seen".
  using Problem = std::optional<std::string>;

  Fields(const boost::json::value& value, Problem& problem);

  std::string text(std::string_view name) const;
  std::int64_t number(std::string_view name) const;
  std::optional<std::int64_t> number_if_said(std::string_view name) const;
  bool flag(std::string_view name) const;
  Fields object(std::string_view name) const;
  /// Null if the field is absent or null.
  const boost::json::array* array(std::string_view name) const;
  /// The whole object, for objects whose names are data.
  const boost::json::object& all() const { return *object_; }
  /// A reader of one value of all() or of an array.
  Fields within(std::string_view name, const boost::json::value& value) const;
  /// The text of one value of all() or of an array.
  std::string text_of(std::string_view name, const boost::json::value& value) const;

 private:
  Fields(const boost::json::object* object, std::string path, Problem& problem)
      : object_(object), path_(std::move(path)), problem_(problem) {}

  const boost::json::value* find(std::string_view name) const;
  void wrong(std::string_view name, std::string_view expected, const boost::json::value& seen) const;
  std::string path_of(std::string_view name) const;

  const boost::json::object* object_;
  std::string path_;
  Problem& problem_;
};

}  // namespace healer::docker
