#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "model/same.hpp"
#include "replay/values.hpp"
#include "support/any_value.hpp"
#include "support/full_value.hpp"

using namespace healer;
using namespace healer::replay;
using healer::testing::any;
using healer::testing::each_full_alternative;
using healer::testing::full;

namespace {

/// The value after it was written as text and parsed again.
boost::json::value through_text(const boost::json::value& value) {
  boost::json::parse_options options;
  options.allow_invalid_utf8 = true;
  boost::json::error_code error;
  boost::json::value read = boost::json::parse(boost::json::serialize(value), error, {}, options);
  RC_ASSERT(!error);
  return read;
}

Result<void> take_policies(ValueWriter& from, ValueReader& into) {
  for (const ValueWriter::NewPolicy& fresh : from.take_policies())
    if (auto taken = into.policy(fresh.number, through_text(fresh.value)); !taken) return taken;
  return {};
}

/// Compares secrets, and the labels that a recording hides, only by whether they are empty; everything else
/// fully.
struct Recorded {
  bool operator()(const Secret& a, const Secret& b) const { return a.empty() == b.empty(); }
  bool operator()(const std::map<std::string, std::string>& a,
                  const std::map<std::string, std::string>& b) const {
    if (a.size() != b.size()) return false;
    for (const auto& [name, value] : a) {
      const auto other = b.find(name);
      if (other == b.end() || other->second.empty() != value.empty()) return false;
    }
    return true;
  }
};

/// Empty when the event is the same after writing and reading; otherwise the fault.
std::string written_and_read(const Event& event) {
  ValueWriter writer;
  const boost::json::value written = through_text(writer.event(event));
  ValueReader reader;
  if (const auto policies = take_policies(writer, reader); !policies) return policies.error().message;
  const auto read = reader.event(written);
  if (!read) return read.error().message;
  return same(event, *read, Recorded{}) ? "" : "it reads otherwise: " + boost::json::serialize(written);
}

std::string written_and_read(const StoredState& stored) {
  ValueWriter writer;
  ValueReader reader;
  const auto read = reader.stored(through_text(writer.stored(stored)));
  if (!read) return read.error().message;
  return same(stored, *read, Recorded{}) ? "" : "it reads otherwise";
}

std::string written_and_read(const HostPolicy& policy) {
  ValueWriter writer;
  ValueReader reader;
  const auto read = reader.host_policy(through_text(writer.host_policy(policy)));
  if (!read) return read.error().message;
  return same(policy, *read, Recorded{}) ? "" : "it reads otherwise";
}

ContainerObserved observed(const std::string& name, Policy policy) {
  ContainerObserved event;
  event.container.name = name;
  event.policy = std::make_shared<const Policy>(std::move(policy));
  return event;
}

}  // namespace

TEST_CASE("every event with every member set is the same after writing and reading") {
  each_full_alternative<Event>([](const Event& event) { CHECK(written_and_read(event) == ""); });
  CHECK(written_and_read(full<StoredState>()) == "");
  CHECK(written_and_read(full<HostPolicy>()) == "");
}

TEST_CASE("any event is the same after writing and reading") {
  CHECK(rc::check([] {
    const std::string fault = written_and_read(any<Event>());
    if (!fault.empty()) RC_FAIL(fault);
  }));
}

TEST_CASE("any host policy and any stored state are the same after writing and reading") {
  CHECK(rc::check([] {
    const std::string fault = written_and_read(any<HostPolicy>()) + written_and_read(any<StoredState>());
    if (!fault.empty()) RC_FAIL(fault);
  }));
}

TEST_CASE("secrets are not written, but two different secrets stay different") {
  Policy policy;
  RemedyStep webhook;
  webhook.kind = RemedyKind::Webhook;
  webhook.url = Secret("https://hooks.example/one");
  policy.remedies = {webhook, webhook};
  policy.remedies[1].url = Secret("https://hooks.example/two");
  policy.probe.headers = {HttpHeader{"Authorization", Secret("Bearer abc")}};
  ContainerObserved event = observed("web", policy);
  event.container.labels = {{"healer.remedies", "webhook:https://hooks.example/one"}};
  ValueWriter writer;
  const boost::json::value written = writer.event(event);
  const auto policies = writer.take_policies();
  REQUIRE(policies.size() == 1);
  const std::string all = boost::json::serialize(written) + boost::json::serialize(policies[0].value);
  CHECK(all.find("hooks.example") == std::string::npos);
  CHECK(all.find("abc") == std::string::npos);

  ValueReader reader;
  REQUIRE(reader.policy(policies[0].number, policies[0].value));
  const auto read = reader.event(written);
  REQUIRE(read);
  const auto& seen = std::get<ContainerObserved>(*read);
  CHECK(seen.policy->remedies[0].url.reveal() == "<redacted 3>");
  CHECK(seen.policy->remedies[1].url.reveal() == "<redacted 4>");
  CHECK(seen.policy->probe.headers[0].value.reveal() == "<redacted 2>");
  CHECK(seen.container.labels.at("healer.remedies") == "<redacted>");
}

TEST_CASE("a policy shared by many containers is written once") {
  ValueWriter writer;
  Policy other;
  other.interval = 7s;
  (void)writer.event(observed("a", {}));
  (void)writer.event(observed("b", {}));
  CHECK(writer.take_policies().size() == 1);
  (void)writer.event(observed("c", {}));
  (void)writer.event(observed("d", other));
  CHECK(writer.take_policies().size() == 1);
}

TEST_CASE("a policy that the core cannot use, or that is missing, is refused") {
  ValueReader reader;
  const auto refused = [&reader](const char* text) {
    const auto taken = reader.policy(1, boost::json::parse(text));
    return taken ? std::string("it is taken") : taken.error().message;
  };
  CHECK(refused(R"({"interval":0})") == "is.interval: a time above 0 was expected");
  CHECK(refused(R"({"maintenance":[{"zone":{}}]})") == "is.maintenance: a time zone needs its changes");
  CHECK(refused("{}") == "it is taken");
  CHECK(refused("{}") == "policy 1 is there twice");

  const auto problem = [&reader](const char* text) {
    const auto read = reader.event(boost::json::parse(text));
    return read ? std::string("it reads") : read.error().message;
  };
  CHECK(problem(R"({"is":"container_observed","policy":1})") == "it reads");
  CHECK(problem(R"({"is":"container_observed"})") ==
        "event.policy is missing; accepted: the number of a policy that an earlier line holds");
  CHECK(problem(R"({"is":"container_observed","policy":2})") ==
        "event.policy is 2; accepted: the number of a policy that an earlier line holds");
}
