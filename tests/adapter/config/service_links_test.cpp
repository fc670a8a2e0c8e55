// Tests of the variables that Kubernetes and Docker links set for services: they are no settings of healer.
#include "config/service_links.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/load.hpp"

namespace healer {
namespace {

Settings loaded(const Environment& environment) {
  auto settings = load_from(environment, std::nullopt, {});
  if (!settings)
    for (const ConfigError& error : settings.error()) MESSAGE(describe(error));
  REQUIRE(settings);
  return std::move(*settings);
}

const Environment mail{{"SMTP_HOST", "mail"}, {"SMTP_FROM", "h@x.example"}, {"SMTP_TO", "a@x.example"}};

std::uint16_t port_of(const Settings& settings) {
  REQUIRE(settings.daemon.channels.size() == 1);
  return std::get<EmailChannel>(settings.daemon.channels.front().target).port;
}

TEST_CASE("a service's address in place of a number is ignored with a warning") {
  Environment linked = mail;
  linked["SMTP_PORT"] = "tcp://10.0.0.1:25";
  const Settings settings = loaded(linked);
  CHECK(port_of(settings) == 587);
  REQUIRE(settings.warnings.size() == 1);
  CHECK(settings.warnings[0] ==
        "SMTP_PORT=tcp://10.0.0.1:25 is ignored: it is the address of a service, as Kubernetes and Docker "
        "links "
        "set it; accepted: a whole number from 1 to 65535; HEALER_SMTP_PORT is the same setting");
  linked["HEALER_SMTP_PORT"] = "2525";
  CHECK(port_of(loaded(linked)) == 2525);
  linked["HEALER_SMTP_PORT"] = "tcp://10.0.0.1:25";
  linked["SMTP_PORT"] = "465";
  CHECK(port_of(loaded(linked)) == 465);
}

TEST_CASE("each number and port among the settings ignores a service's address") {
  for (const char* name :
       {"HEALTH_PORT", "FAILURE_THRESHOLD", "REQUEST_TIMEOUT", "SMTP_TIMEOUT", "MASS_SHARE"}) {
    CAPTURE(name);
    const Settings settings = loaded({{name, "udp://[fd00::1]:53"}});
    CHECK(settings.warnings.size() >= 1);
    CHECK(settings.defaults == Policy{});
  }
}

TEST_CASE("any other wrong value, and an address where one is meant, is read as before") {
  Environment wrong = mail;
  for (const char* value : {"tcp://10.0.0.1", "smtp", "http://10.0.0.1:25", "tcp://10.0.0.1:25/x", "0"}) {
    CAPTURE(value);
    wrong["SMTP_PORT"] = value;
    CHECK_FALSE(load_from(wrong, std::nullopt, {}));
  }
  CHECK(loaded({{"DOCKER_HOST", "tcp://10.0.0.1:2375"}}).daemon.docker.host == "tcp://10.0.0.1:2375");
  CHECK(loaded({{"CONNECTIVITY_URL", "tcp://10.0.0.1:53"}}).daemon.connectivity);
}

TEST_CASE("variables of services whose name begins with healer or autoheal are no settings") {
  const Settings settings = loaded({{"HEALER_METRICS_PORT", "tcp://10.0.0.1:9180"},
                                    {"HEALER_METRICS_SERVICE_HOST", "10.0.0.1"},
                                    {"HEALER_METRICS_SERVICE_PORT", "9180"},
                                    {"HEALER_METRICS_SERVICE_PORT_HTTP", "9180"},
                                    {"HEALER_METRICS_PORT_9180_TCP", "tcp://10.0.0.1:9180"},
                                    {"HEALER_METRICS_PORT_9180_TCP_ADDR", "10.0.0.1"},
                                    {"HEALER_METRICS_PORT_9180_TCP_PORT", "9180"},
                                    {"HEALER_METRICS_PORT_9180_TCP_PROTO", "tcp"},
                                    {"HEALER_PORT", "tcp://10.0.0.1:9180"},
                                    {"HEALER_SERVICE_HOST", "10.0.0.1"},
                                    {"AUTOHEAL_PORT", "tcp://10.0.0.2:80"},
                                    {"AUTOHEAL_TCP_PORT", "tcp://10.0.0.2:80"},
                                    {"AUTOHEAL_SERVICE_HOST", "10.0.0.2"},
                                    {"AUTOHEAL_PORT_80_TCP_ADDR", "10.0.0.2"}});
  CHECK(settings.notes.empty());
  CHECK(settings.warnings.empty());
  for (const char* name : {"HEALER_METRICS", "HEALER_PORTT", "HEALER_9180_TCP", "HEALER_PORT_TCP"}) {
    CAPTURE(name);
    CHECK_FALSE(load_from({{name, "x"}}, std::nullopt, {}));
  }
}

TEST_CASE("a service's variables are told by name and value") {
  CHECK(is_service_link("SMTP_PORT", "tcp://10.0.0.1:25"));
  CHECK_FALSE(is_service_link("SMTP_PORT", "25"));
  CHECK_FALSE(is_service_link("SMTP_TO", "tcp://10.0.0.1:25"));
  CHECK(is_service_link("A_PORT_53_UDP", "udp://10.0.0.1:53"));
  CHECK_FALSE(is_service_link("PORT_53_UDP", "x"));
  CHECK_FALSE(is_service_link("A_PORT_TCP_ADDR", "x"));
}

}  // namespace
}  // namespace healer
