#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/channel.hpp"
#include "model/channel_answer.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/notification_template.hpp"
#include "model/prometheus_rule.hpp"
#include "model/status.hpp"

using namespace healer;

namespace {

struct Renamed {
  int first = 1;
  std::string second = "two";
};
BOOST_DEFINE_ENUM_CLASS(Spelling, One, OutOfMemory, HTTPStatus, V2Api)

struct Empty {};

}  // namespace

namespace {
HEALER_DESCRIBE(Renamed, first, second);
HEALER_DESCRIBE(Empty);
}  // namespace

template <>
struct healer::MemberDialect<Renamed> {
  static constexpr std::array names{MemberName{"second", "2nd"}};
};
template <>
struct healer::TypeDialect<Renamed> {
  static constexpr std::string_view name = "other";
};

namespace {

template <class E>
void check_texts() {
  std::set<std::string_view> texts;
  for (const E value : enum_values<E>()) {
    CHECK(enum_of<E>(to_string(value)) == value);
    texts.insert(to_string(value));
  }
  CHECK(texts.size() == enum_count<E>);
  CHECK(std::string_view(to_string(static_cast<E>(enum_count<E>))) == "unknown");
  CHECK_FALSE(enum_of<E>("").has_value());
  CHECK_FALSE(enum_of<E>("nothing").has_value());
}

}  // namespace

TEST_CASE("an enumerator's text is its name in snake_case") {
  CHECK(std::string_view(to_string(Spelling::One)) == "one");
  CHECK(std::string_view(to_string(Spelling::OutOfMemory)) == "out_of_memory");
  CHECK(std::string_view(to_string(Spelling::HTTPStatus)) == "http_status");
  CHECK(std::string_view(to_string(Spelling::V2Api)) == "v2_api");
  CHECK(enum_of<Spelling>("v2_api") == Spelling::V2Api);
}

TEST_CASE("a dialect's texts replace the derived texts") {
  CHECK(std::string_view(to_string(RestartPolicy::UnlessStopped)) == "unless-stopped");
  CHECK(std::string_view(to_string(RestartPolicy::OnFailure)) == "on-failure");
  CHECK(std::string_view(to_string(RestartPolicy::Always)) == "always");
  CHECK(std::string_view(to_string(Comparison::GreaterOrEqual)) == ">=");
  CHECK(std::string_view(to_string(NotificationField::NotificationNumber)) == "notification");
  CHECK(std::string_view(to_string(EmailChannel::Security::StartTls)) == "starttls");
}

TEST_CASE("every value of every model enum has its own text and is found by that text") {
  check_texts<NotificationField>();
  check_texts<NotificationKind>();
  check_texts<AttemptState>();
  check_texts<BreakerState>();
  check_texts<Cause>();
  check_texts<ChannelAnswer::Result>();
  check_texts<Comparison>();
  check_texts<Condition>();
  check_texts<ContainerState>();
  check_texts<DeliveryState>();
  check_texts<DropReason>();
  check_texts<EmailChannel::Security>();
  check_texts<StopForm>();
  check_texts<StopReports>();
  check_texts<EngineProcess>();
  check_texts<NetworkKind>();
  check_texts<EngineHealth>();
  check_texts<HoldKind>();
  check_texts<IncidentCause>();
  check_texts<IncidentOutcome>();
  check_texts<LogLevel>();
  check_texts<Outcome>();
  check_texts<ProbeEnd>();
  check_texts<ProbeKind>();
  check_texts<RemedyAnswer>();
  check_texts<RemedyKind>();
  check_texts<RestartPolicy>();
  check_texts<Rule>();
  check_texts<Selection>();
  check_texts<AlertUse>();
}

// base/ names the codes in a switch, which the compiler keeps complete; the description lists them again.
TEST_CASE("the description of ErrorCode lists every value") {
  check_texts<ErrorCode>();
}

TEST_CASE("an EnumArray has one element for each value") {
  EnumArray<Outcome, int> counts;
  static_assert(counts.size() == enum_count<Outcome>);
  counts[Outcome::Unknown] += 2;
  CHECK(counts[Outcome::Pass] == 0);
  CHECK(counts[Outcome::Unknown] == 2);
  CHECK(counts != EnumArray<Outcome, int>{});
}

TEST_CASE("members are visited in order, under their external names") {
  static_assert(member_count<Renamed> == 2);
  static_assert(member_count<Empty> == 0);
  Renamed value;
  std::vector<std::string> seen;
  for_each_member(value, [&](std::string_view name, auto& member) {
    seen.emplace_back(name);
    member = {};
  });
  CHECK(seen == std::vector<std::string>{"first", "2nd"});
  CHECK(value.first == 0);
  CHECK(value.second.empty());
  CHECK(with_member(value, "first", [](auto& member) { member = {}; }));
  CHECK_FALSE(with_member(value, "second", [](auto& member) { member = {}; }));
  const Empty empty;
  for_each_member(empty, [](std::string_view, const auto&) { FAIL("there is none"); });
}

TEST_CASE("a type's name is in snake_case, without its enclosing class") {
  CHECK(type_name<WorkloadRecord>() == "workload_record");
  CHECK(type_name<TimeZone::Change>() == "change");
  CHECK(type_name<Renamed>() == "other");
}
