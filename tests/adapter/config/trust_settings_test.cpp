// Settings that keep the operator's secrets from others: who gets headers, the way to the engine, files of
// secrets.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "config/header_subjects.hpp"
#include "config/load.hpp"
#include "config/policy_resolver.hpp"
#include "config/secret_file.hpp"

namespace healer {
namespace {

Settings loaded(const Environment& environment) {
  const auto settings = load_from(environment, std::nullopt, {});
  if (!settings) FAIL(describe(settings.error().front()));
  return *settings;
}

std::string warnings_of(const Environment& environment) {
  std::string all;
  for (const std::string& warning : loaded(environment).warnings) all += warning + "\n";
  return all;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

const Environment with_headers{
    {"HEALTH_HEADERS", "Authorization: Bearer hunter2hunter2\nX-Forwarded-Proto: https"}};

std::string headers_text(const std::vector<HttpHeader>& headers) {
  std::string text;
  for (const HttpHeader& header : headers) text += header.name + "=" + header.value.reveal() + ";";
  return text;
}

}  // namespace

TEST_CASE("secret headers of the operator go only to the containers that the operator names") {
  Environment environment = with_headers;
  environment["HEALTH_HEADERS_FOR"] = "web-*, service:shop/api";
  const Settings settings = loaded(environment);
  PolicyResolver resolver(settings.defaults, label_rules(settings.daemon));
  const auto sent = [&](const HeaderSubject& subject, const Labels& labels = {}) {
    return headers_text(resolver.resolve(labels, subject).policy->probe.headers);
  };
  const std::string all = "Authorization=Bearer hunter2hunter2;X-Forwarded-Proto=https;";
  const std::string harmless = "X-Forwarded-Proto=https;";
  CHECK(sent({"web-1", ""}) == all);
  CHECK(sent({"other", "shop/api"}) == all);
  CHECK(sent({"other", "shop/web"}) == harmless);
  CHECK(sent({"evil-web-1", ""}) == harmless);
  CHECK(sent({"", ""}) == harmless);
  // Labels are the container's own word: they make no member of a service.
  CHECK(sent({"evil", ""}, {{"com.docker.compose.project", "shop"}, {"com.docker.compose.service", "api"}}) ==
        harmless);
  // A named probe begins with the defaults.
  const auto named = resolver.resolve({{"healer.probes.a.port", "80"}}, {"evil", ""});
  REQUIRE(named.policy->named_probes.size() == 1);
  CHECK(headers_text(named.policy->named_probes[0].spec.headers) == harmless);
  // What a container's own label sets is its own.
  CHECK(sent({"evil", ""}, {{"healer.headers", "Authorization: own"}}) == "Authorization=own;");
}

TEST_CASE("without names nobody gets a secret header, and a warning says so") {
  const Settings settings = loaded(with_headers);
  PolicyResolver resolver(settings.defaults, label_rules(settings.daemon));
  CHECK(headers_text(resolver.resolve({}, {"web", "shop/web"}).policy->probe.headers) ==
        "X-Forwarded-Proto=https;");
  const std::string warnings = warnings_of(with_headers);
  CHECK(holds(warnings, "HEALTH_HEADERS: Authorization may hold a secret"));
  CHECK(holds(warnings, "HEALTH_HEADERS_FOR"));
  CHECK_FALSE(holds(warnings, "hunter2"));
  Environment named = with_headers;
  named["HEALTH_HEADERS_FOR"] = "*";
  CHECK(warnings_of(named).empty());
  CHECK(warnings_of({{"HEALTH_HEADERS", "X-Forwarded-Proto: https"}}).empty());
}

TEST_CASE("a header with the name of a secret is a secret header") {
  for (const char* name :
       {"Authorization", "Cookie", "X-Api-Key", "X-Key", "X-Auth-Token", "x-session", "Proxy-Authorization"})
    CHECK_MESSAGE(is_secret_header({name, Secret("x")}), name);
  for (const char* name : {"Accept", "User-Agent", "X-Forwarded-Proto", "X-Request-Id", "Accept-Language"})
    CHECK_MESSAGE(!is_secret_header({name, Secret("x")}), name);
}

TEST_CASE("a star in a pattern stands for any characters") {
  const auto fits = [](const char* pattern, const char* name) {
    return gets_secret_headers({pattern}, {name, ""});
  };
  CHECK(fits("*", "a"));
  CHECK(fits("a*c*e", "abcde"));
  CHECK(fits("a**", "a"));
  CHECK_FALSE(fits("a*c", "ab"));
  CHECK_FALSE(fits("a", "ab"));
  CHECK_FALSE(fits("service:*", "a"));
  CHECK(is_header_pattern("service:shop/*"));
  for (const char* text : {"", "service:", "a b", "a:b", "a=b"}) CHECK_FALSE(is_header_pattern(text));
}

TEST_CASE("a label's problem does not show the secret in its value") {
  PolicyResolver resolver{Policy{}};
  for (const auto& [label, value] : Labels{{"healer.path", "health?token=hunter2hunter2"},
                                           {"healer.interval", "password=hunter2hunter2"},
                                           {"healer.probe", "curl -u admin:hunter2hunter2 http://x"}}) {
    const auto resolved = resolver.resolve({{label, value}});
    REQUIRE(resolved.problems.size() == 1);
    CHECK_FALSE(holds(resolved.problems[0].message, "hunter2"));
    CHECK_FALSE(holds(resolved.problems[0].value, "hunter2"));
  }
}

TEST_CASE("an engine that is reached without TLS, or by TLS that checks nothing, is warned about") {
  const auto at = [](const std::string& host, Environment more = {}) {
    more["DOCKER_HOST"] = host;
    return warnings_of(more);
  };
  CHECK(holds(at("tcp://engine:2375"), "engine:2375 is reached without TLS"));
  CHECK(holds(at("tcp://10.0.0.7"), "10.0.0.7:2375 is reached without TLS"));
  CHECK(holds(at("tcp://10.0.0.7", {{"DOCKER_CERT_PATH", "/certs"}}),
              "TLS that does not check its certificate"));
  CHECK(holds(at("tcp://10.0.0.7", {{"DOCKER_TLS", "1"}}), "TLS that does not check its certificate"));
  CHECK(at("tcp://10.0.0.7", {{"DOCKER_TLS_VERIFY", "1"}, {"DOCKER_CERT_PATH", "/certs"}}).empty());
  CHECK(at("tcp://127.0.0.1:2375").empty());
  CHECK(at("tcp://localhost:2375").empty());
  CHECK(at("unix:///run/docker.sock").empty());
}

TEST_CASE("a secret's file that others can read is warned about") {
  std::string folder = (std::filesystem::temp_directory_path() / "healer-secret-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/token";
  std::ofstream(path) << "0123456789abcdef\n";
  const auto with_mode = [&](mode_t mode) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return warnings_of({{"ALERTMANAGER_TOKEN_FILE", path}});
  };
  CHECK(with_mode(0600).empty());
  CHECK(with_mode(0400).empty());
  CHECK(holds(with_mode(0640), "can be read by its group (mode 0640)"));
  CHECK(holds(with_mode(0604), "can be read by everybody (mode 0604)"));
  CHECK_FALSE(holds(with_mode(0644), "0123456789abcdef"));
  std::filesystem::remove_all(folder);
  CHECK(secret_file_warning("/run/secrets/token").empty());
  CHECK(secret_file_warning(path).empty());  // gone
}

}  // namespace healer
