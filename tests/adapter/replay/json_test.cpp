#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "adapter/replay/any_value.hpp"
#include "replay/json_reader.hpp"
#include "replay/json_writer.hpp"

using namespace healer;
using namespace healer::replay;
using healer::test::any;
using healer::test::same;

namespace {

namespace json = boost::json;

/// Through the text, as a file has it.
json::value through_text(const json::value& value) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  json::error_code error;
  json::value read = json::parse(json::serialize(value), error, {}, options);
  RC_ASSERT(!error);
  return read;
}

Result<void> take_policies(JsonWriter& from, JsonReader& into) {
  for (const JsonWriter::NewPolicy& fresh : from.take_policies())
    if (auto taken = into.policy(fresh.number, through_text(fresh.value)); !taken) return taken;
  return {};
}

ContainerObserved observed(const std::string& name, Policy policy) {
  ContainerObserved event;
  event.container.name = name;
  event.policy = std::make_shared<const Policy>(std::move(policy));
  return event;
}

}  // namespace

TEST_CASE("any event is the same after it was written and read") {
  CHECK(rc::check([] {
    const auto event = any<Event>();
    JsonWriter writer;
    const json::value written = through_text(writer.event(event));
    JsonReader reader;
    const auto policies = take_policies(writer, reader);
    if (!policies) RC_FAIL(policies.error().message);
    const auto read = reader.event(written);
    if (!read) RC_FAIL(read.error().message);
    RC_ASSERT(same(event, *read));
  }));
}

TEST_CASE("any host policy and any stored state are the same after they were written and read") {
  CHECK(rc::check([] {
    const auto policy = any<HostPolicy>();
    const auto stored = any<StoredState>();
    JsonWriter writer;
    JsonReader reader;
    const auto policy_read = reader.host_policy(through_text(writer.host_policy(policy)));
    const auto stored_read = reader.stored(through_text(writer.stored(stored)));
    if (!policy_read) RC_FAIL(policy_read.error().message);
    if (!stored_read) RC_FAIL(stored_read.error().message);
    RC_ASSERT(same(policy, *policy_read));
    RC_ASSERT(same(stored, *stored_read));
  }));
}

TEST_CASE("secrets are not written, and stay apart from each other") {
  Policy policy;
  RemedyStep webhook;
  webhook.kind = RemedyKind::Webhook;
  webhook.url = Secret("https://hooks.example/one");
  policy.actions = {webhook, webhook};
  policy.actions[1].url = Secret("https://hooks.example/two");
  policy.probe.headers = {HttpHeader{"Authorization", Secret("Bearer abc")}};
  ContainerObserved event = observed("web", policy);
  event.container.labels = {{"healer.action", "webhook:https://hooks.example/one"},
                            {"com.docker.compose.service", "web"}};
  JsonWriter writer;
  const json::value written = writer.event(event);
  const auto policies = writer.take_policies();
  REQUIRE(policies.size() == 1);
  const std::string all = json::serialize(written) + json::serialize(policies[0].value);
  CHECK(all.find("hooks.example") == std::string::npos);
  CHECK(all.find("abc") == std::string::npos);

  JsonReader reader;
  REQUIRE(reader.policy(policies[0].number, policies[0].value));
  const auto read = reader.event(written);
  REQUIRE(read);
  const auto& seen = std::get<ContainerObserved>(*read);
  CHECK(seen.policy->actions[0].url.reveal() == "<redacted 3>");
  CHECK(seen.policy->actions[1].url.reveal() == "<redacted 4>");
  CHECK(seen.policy->probe.headers[0].value.reveal() == "<redacted 2>");
  CHECK(seen.container.labels.at("healer.action") == "<redacted>");
  CHECK(seen.container.labels.at("com.docker.compose.service") == "web");
}

TEST_CASE("a policy that many containers share is written once") {
  JsonWriter writer;
  Policy other;
  other.interval = 7s;
  (void)writer.event(observed("a", {}));
  (void)writer.event(observed("b", {}));
  CHECK(writer.take_policies().size() == 1);
  (void)writer.event(observed("c", {}));
  (void)writer.event(observed("d", other));
  CHECK(writer.take_policies().size() == 1);
}

TEST_CASE("what does not read says where, and what would") {
  JsonReader reader;
  const auto problem = [&reader](const char* text) {
    const auto read = reader.event(json::parse(text));
    return read ? std::string("it reads") : read.error().message;
  };
  CHECK(problem(R"({"is":"tick","workload":7})") == "event.workload: a text was expected, not 7");
  CHECK(problem(R"({"is":"tack"})") == "event.is: a kind of this version was expected, not \"tack\"");
  CHECK(problem(R"({"is":"tick","worklod":"a"})") ==
        "event.worklod: a field of this version (did you mean \"workload\"?) was expected, not \"a\"");
  CHECK(problem(R"({"is":"engine","exit_code":3000000000})") ==
        "event.exit_code: a whole number that fits was expected, not 3000000000");
  CHECK(problem(R"({"is":"engine","health":"ill"})") ==
        "event.health: one of none, starting, healthy, unhealthy was expected, not \"ill\"");
  CHECK(problem(R"({"is":"observed"})") ==
        "event.policy: the number of a policy that an earlier line holds was expected, not null");
  CHECK(problem(R"({"is":"pause","length":[1,2]})") ==
        "event.length: a list of exactly one was expected, not [1,2]");
  CHECK(problem("[]") == "event: an object was expected, not []");
}
