#include "net/resolver.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/loop.hpp"

namespace healer::net {
namespace {

/// The result for this host; waits without a limit.
Result<std::string> looked_up(const std::string& host) {
  Loop loop;
  Resolver resolver(loop);
  std::optional<Result<std::string>> answer;
  resolver.resolve(host, [&](Result<std::string> result) { answer = std::move(result); });
  CHECK_FALSE(answer);  // the callback is never called inside resolve()
  loop.run();
  REQUIRE(answer);
  return std::move(*answer);
}

TEST_CASE("a host name resolves to a numeric address, and an address to itself") {
  const auto local = looked_up("localhost");
  REQUIRE(local);
  CHECK((*local == "127.0.0.1" || *local == "::1"));
  CHECK(looked_up("192.0.2.7").value_or("") == "192.0.2.7");
}

TEST_CASE("a host name that does not exist is an error that contains the name") {
  const auto answer = looked_up("no such name");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::Unreachable);
  CHECK(answer.error().message.starts_with("the name no such name cannot be resolved: "));
}

TEST_CASE("a destroyed resolver calls no callback") {
  Loop loop;
  auto resolver = std::make_unique<Resolver>(loop);
  bool called = false;
  resolver->resolve("localhost", [&](Result<std::string>) { called = true; });
  resolver.reset();
  loop.run();
  CHECK_FALSE(called);
}

}  // namespace
}  // namespace healer::net
