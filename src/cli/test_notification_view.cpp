#include "cli/test_notification_view.hpp"

#include <boost/json.hpp>

#include <utility>
#include <vector>

#include "cli/json_fields.hpp"
#include "cli/table.hpp"

namespace healer::cli {

Result<TestNotificationView> test_notification_view(std::string_view text, bool colour) {
  boost::json::error_code error;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  const std::vector<Fields> channels = Fields(value).list("channels");
  if (error || channels.empty())
    return failure(ErrorCode::Protocol, "the answer to /v1/test-notification is not a healer's");
  TestNotificationView view{{}, true};
  std::vector<std::vector<Cell>> rows{{{"CHANNEL"}, {"RESULT"}, {"ERROR"}}};
  for (const Fields& channel : channels) {
    const std::string result = channel.text("result");
    const bool delivered = result == "delivered";
    view.all_delivered = view.all_delivered && delivered;
    const std::string problem = channel.text("error");
    rows.push_back({{channel.text("name")},
                    {result.empty() ? "-" : result, delivered ? Colour::Green : Colour::Red},
                    {problem.empty() ? "-" : problem}});
  }
  view.text = aligned(rows, colour);
  return view;
}

}  // namespace healer::cli
