#include "runtime/webhook_body.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "present/reason_text.hpp"

namespace healer {

std::string webhook_body(const ApplyRemedy& remedy, std::string_view image, std::string_view host) {
  namespace json = boost::json;
  const auto safe = [](std::string_view text) { return json::string(printable(text)); };
  json::object body{{"event", "remedy"},
                    {"workload", safe(remedy.name)},
                    {"container_id", safe(remedy.container_id)},
                    {"attempt", remedy.number},
                    {"reason", safe(present::reason_text(remedy.reason))},
                    {"host", safe(host)}};
  if (!image.empty()) body["image"] = safe(image);
  return json::serialize(body);
}

}  // namespace healer
