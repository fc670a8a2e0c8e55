#include "json/problem.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"

namespace healer::json {
namespace {

std::string shown(const boost::json::value& value) {
  return clip(printable(boost::json::serialize(value)), 100);
}

std::string nearest(std::string_view seen, std::span<const std::string_view> names) {
  const auto name = nearest_name(seen, names);
  return name ? "; nearest: " + *name : std::string();
}

}  // namespace

bool Problem::expected(std::string_view accepted, const boost::json::value& seen) {
  text_ = fmt::format(" is {}; accepted: {}", shown(seen), accepted);
  return false;
}

bool Problem::expected_number(std::int64_t least, std::uint64_t most, const boost::json::value& seen) {
  return expected(fmt::format("a whole number from {} to {}", least, most), seen);
}

bool Problem::expected_name(const boost::json::value& seen, std::span<const std::string_view> names) {
  expected(fmt::format("{}", fmt::join(names, ", ")), seen);
  if (seen.is_string()) {
    const auto& text = seen.get_string();
    text_ += nearest({text.data(), text.size()}, names);
  }
  return false;
}

bool Problem::expected_secret(std::string_view accepted) {
  text_ = fmt::format(" is not valid (its value is hidden); accepted: {}", accepted);
  return false;
}

bool Problem::no_such_field(std::string_view seen, std::span<const std::string_view> names) {
  text_ = fmt::format(": there is no such field; accepted: {}{}",
                      names.empty() ? std::string("none") : fmt::format("{}", fmt::join(names, ", ")),
                      nearest(seen, names));
  return at(clip(printable(seen), 60));
}

bool Problem::no_tag(std::span<const std::string_view> tags) {
  text_ = fmt::format(": \"is\" is missing; accepted: {}", fmt::join(tags, ", "));
  return false;
}

bool Problem::at(std::string_view name) {
  path_ = path_.empty() ? std::string(name) : fmt::format("{}.{}", name, path_);
  return false;
}

Error Problem::error(std::string_view what) const {
  return Error{ErrorCode::InvalidInput,
               fmt::format("{}{}{}{}", what, path_.empty() ? "" : ".", path_, text_)};
}

}  // namespace healer::json
