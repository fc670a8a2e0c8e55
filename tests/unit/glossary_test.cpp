// docs/glossary.md lists every value of every enum that a setting, a metric, the API, the state file or a
// recording shows.
#include <fstream>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "model/channel_answer.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/forms.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"
#include "model/status.hpp"

using namespace healer;

namespace {

/// The values in the first column of the table below the heading "### " and this text.
std::set<std::string> listed(const std::string& heading) {
  std::ifstream page(GLOSSARY);
  REQUIRE(page.good());
  std::set<std::string> values;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("#")) inside = line == "### " + heading || line.starts_with("### " + heading + " (");
    if (inside && line.starts_with("| `")) values.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return values;
}

template <DescribedEnum E>
std::set<std::string> described() {
  return {enum_texts<E>().begin(), enum_texts<E>().end()};
}

void check(const std::string& heading, const std::set<std::string>& in_code) {
  CAPTURE(heading);
  const std::set<std::string> on_page = listed(heading);
  for (const std::string& value : in_code)
    CHECK_MESSAGE(on_page.contains(value), "not in the glossary: ", value);
  for (const std::string& value : on_page) CHECK_MESSAGE(in_code.contains(value), "not in the code: ", value);
}

template <DescribedEnum E>
void check(const std::string& heading) {
  check(heading, described<E>());
}

}  // namespace

TEST_CASE("glossary: the page lists every value of every public enum, and no other value") {
  check<Condition>("Condition of a workload");
  check<Outcome>("Result of a check");
  check<Cause>("Cause of a result");
  check<IncidentCause>("Cause of an incident");
  check<IncidentOutcome>("Outcome of an incident");
  check<RemedyKind>("Remedy");
  check<AttemptState>("State of an attempt");
  check<HoldKind>("Hold");
  check<BreakerState>("Circuit breaker");
  check<Rule>("Rule of a decision");
  check<NotificationKind>("Notification");
  check<DeliveryState>("Delivery of a notification to a channel");
  check<DropReason>("Drop reason of a notification");
  check<ChannelResult>("Result of a test notification");
  check<AlertUse>("Use of an alert");
  check<RemedyAnswer>("Engine's answer to a remedy");
  check<AlertAnswer>("Answer about an alert");
  const auto& reports = tags_of<EngineReport>();
  check("Report of an engine", {reports.begin(), reports.end()});
}
