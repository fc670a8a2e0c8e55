// Tests of the file's `prometheus:`, which configures healer's own rules.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/promql.hpp"

using namespace healer;

namespace {

std::string refusal_of(std::string_view query) {
  const auto read = read_promql_comparison(query);
  return read ? "accepted" : read.error();
}

tl::expected<Settings, ConfigErrors> load_text(const std::string& text) {
  return load_from({}, ConfigText{"healer.yaml", text}, {});
}

std::vector<std::string> refusals(const std::string& text) {
  std::vector<std::string> lines;
  const auto settings = load_text(text);
  if (!settings)
    for (const ConfigError& error : settings.error()) lines.push_back(describe(error));
  return lines;
}

std::string rule_of(const std::string& lines) {
  return "prometheus:\n  url: http://p:9090\n  rules:\n    - name: Errors\n" + lines;
}

/// A file with a secret, removed with the object.
struct SecretFile {
  std::string path = "/tmp/healer_prometheus_" + std::to_string(getpid());
  explicit SecretFile(const std::string& text) { std::ofstream(path) << text; }
  ~SecretFile() { std::remove(path.c_str()); }
};

}  // namespace

TEST_CASE("promql: a comparison with a number is taken apart at its top level") {
  struct Row {
    const char* query;
    const char* expression;
    Comparison comparison;
    double number;
  };
  const std::vector<Row> rows{
      {"up == 0", "up", Comparison::Equal, 0},
      {"up!=1", "up", Comparison::NotEqual, 1},
      {" rate(errors_total[5m]) > 0.05\n", "rate(errors_total[5m])", Comparison::Greater, 0.05},
      {"x >= +1e3", "x", Comparison::GreaterOrEqual, 1000},
      {"x < -.5", "x", Comparison::Less, -0.5},
      {"x <= +Inf", "x", Comparison::LessOrEqual, std::numeric_limits<double>::infinity()},
      {"sum by (container) (rate(r{code=~\"5..\", path!=\"a>b\"}[1m])) / ignoring(code) t > 5",
       "sum by (container) (rate(r{code=~\"5..\", path!=\"a>b\"}[1m])) / ignoring(code) t",
       Comparison::Greater, 5},
      {"(a > 1 and b < 2) == 3", "(a > 1 and b < 2)", Comparison::Equal, 3},
      {"a{x='\\'>', y=`\\`} # > 7\n> 1 # at most", "a{x='\\'>', y=`\\`} # > 7", Comparison::Greater, 1},
      {"android_origin > 1", "android_origin", Comparison::Greater, 1},
      {"(a > bool 1) * b == 1", "(a > bool 1) * b", Comparison::Equal, 1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    const auto read = read_promql_comparison(row.query);
    REQUIRE(read);
    CHECK(read->expression == row.expression);
    CHECK(read->comparison == row.comparison);
    CHECK(read->number == row.number);
  }
}

TEST_CASE("promql: what is no comparison with a number says why") {
  CHECK(refusal_of("") == "it compares with no number at its top level");
  CHECK(refusal_of("absent(up)") == "it compares with no number at its top level");
  CHECK(refusal_of("(x > 1)") == "it compares with no number at its top level");
  CHECK(refusal_of("x > 1 and y").find("its top level is 'and'") == 0);
  CHECK(refusal_of("x or y > 1").find("its top level is 'or'") == 0);
  CHECK(refusal_of("x > 1 UNLESS y").find("its top level is 'unless'") == 0);
  CHECK(refusal_of("x > bool 1").find("'bool' makes") == 0);
  CHECK(refusal_of("0 < x > 1").find("it compares twice") == 0);
  CHECK(refusal_of("x > y") == "'y' after '>' is no number");
  CHECK(refusal_of("x >") == "'' after '>' is no number");
  CHECK(refusal_of("x > NaN") == "'NaN' after '>' is no number");
  CHECK(refusal_of("x > 5 5") == "'5 5' after '>' is no number");
  CHECK(refusal_of("> 5") == "nothing stands before '>'");
  CHECK(refusal_of("0.05 < x") == "the number belongs on the right side");
  CHECK(refusal_of("1 < 2") == "the number belongs on the right side");
  CHECK(refusal_of("sum(x > 1") == "a '(' is not closed");
  CHECK(refusal_of("sum(x] > 1") == "a ']' closes nothing");
  CHECK(refusal_of("x} > 1") == "a '}' closes nothing");
  CHECK(refusal_of("x{a=\"b} > 1") == "a quoted text in it does not end");
  CHECK(refusal_of(std::string(5000, '(')) == "it is nested too deeply");
}

TEST_CASE("prometheus: every setting is read, and the others have their defaults") {
  const SecretFile secret("s3cret-word\n");
  const auto settings = load_text(
      "prometheus:\n"
      "  url: http://prometheus:9090/\n"
      "  username: healer\n"
      "  password_file: " +
      secret.path +
      "\n"
      "  interval: 30s\n"
      "  timeout: 2s\n"
      "  rules:\n"
      "    - name: HighErrorRate\n"
      "      query: >\n"
      "        sum by (container) (rate(errors_total[1m]))\n"
      "        > 0.05\n"
      "      for: 2m\n"
      "      labels: [container, pod]\n"
      "      action: notify\n"
      "    - {name: Down, query: up == 0, container: shop-web-1}\n"
      "listen: off\n");
  REQUIRE(settings);
  const PrometheusSettings& read = settings->daemon.prometheus;
  CHECK(read.url == "http://prometheus:9090");
  CHECK(read.username == "healer");
  CHECK(read.password.reveal() == "s3cret-word");
  CHECK(read.interval == 30s);
  CHECK(read.timeout == 2s);
  REQUIRE(read.rules.size() == 2);
  CHECK(read.rules[0].name == "HighErrorRate");
  CHECK(read.rules[0].expression == "sum by (container) (rate(errors_total[1m]))");
  CHECK(read.rules[0].number == 0.05);
  CHECK(read.rules[0].hold_for == 2min);
  CHECK(read.rules[0].labels == std::vector<std::string>{"container", "pod"});
  CHECK_FALSE(read.rules[0].act);
  CHECK(read.rules[1].container == "shop-web-1");
  CHECK(read.rules[1].hold_for == 0s);
  CHECK(read.rules[1].act);
  CHECK_FALSE(settings->daemon.listen);

  const auto small = load_text("prometheus: {url: 'https://p', interval: 3s}\n");
  REQUIRE(small);
  CHECK(small->daemon.prometheus.timeout == 3s);
  CHECK(load_text("prometheus:\n")->daemon.prometheus == PrometheusSettings{});
}

TEST_CASE("prometheus: a wrong setting is refused with its line and its full name") {
  struct Row {
    std::string text;
    std::string wanted;
  };
  const std::vector<Row> rows{
      {"prometheus: http://p:9090\n",
       "healer.yaml:1: prometheus: a single value; a map of settings is expected"},
      {"prometheus:\n  rules: []\n", "healer.yaml:1: prometheus.url: is missing"},
      {"prometheus:\n  url: p:9090\n",
       "healer.yaml:2: prometheus.url: 'p:9090' is not valid; accepted: an http://"},
      {"prometheus:\n  url: http://u:secretword@p\n", "it names a user"},
      {"prometheus:\n  url: http://p?a=b\n", "it has a query or a fragment"},
      {"prometheus:\n  url: [a]\n", "healer.yaml:2: prometheus.url: a list; a single value is expected"},
      {"prometheus:\n  url: http://p\n  intervall: 5s\n",
       "healer.yaml:3: prometheus.intervall: no such setting; did you mean 'interval'?"},
      {"prometheus:\n  url: http://p\n  interval: 500ms\n", "prometheus.interval: '500ms' is not valid"},
      {"prometheus:\n  url: http://p\n  interval: 5s\n  timeout: 6s\n",
       "healer.yaml:4: prometheus.timeout: '6s' is above the interval of 5s"},
      {"prometheus:\n  url: http://p\n  url: http://q\n",
       "healer.yaml:3: url: written twice; first in line 2"},
      {"prometheus:\n  url: http://p\n  bearer_token: \"a\\nb\"\n",
       "bearer_token: '<redacted>' is not valid"},
      {"prometheus:\n  url: http://p\n  bearer_token_file: /no/such\n",
       "healer.yaml:3: prometheus.bearer_token_file: '/no/such' cannot be read: No such file or directory"},
      {"prometheus:\n  url: http://p\n  password: secretword\n",
       "healer.yaml:3: prometheus.username: is missing: a password is given"},
      {"prometheus:\n  url: http://p\n  username: u\n  bearer_token: secretword\n",
       "is given beside bearer_token"},
      {"prometheus:\n  url: http://p\n  rules: {a: b}\n",
       "healer.yaml:3: prometheus.rules: a map; a list of rules"},
      {"prometheus:\n  url: http://p\n  rules:\n    - up == 0\n",
       "healer.yaml:4: prometheus.rules[1]: a single value; a map of settings is expected"},
      {rule_of("      query: up\n"),
       "healer.yaml:5: prometheus.rules[1].query: 'up' is not valid: it compares with no number at its top "
       "level; "
       "accepted: EXPRESSION OP NUMBER"},
      {rule_of(""), "healer.yaml:4: prometheus.rules[1].query: is missing"},
      {rule_of("      query: up == 0\n      for: soon\n"),
       "healer.yaml:6: prometheus.rules[1].for: 'soon' is not"},
      {rule_of("      query: up == 0\n      action: heal\n"),
       "action: 'heal' is not valid; accepted: act or notify"},
      {rule_of("      query: up == 0\n      labels: a-b\n"),
       "labels: 'a-b' is not valid; accepted: label names"},
      {rule_of("      query: up == 0\n      labels: []\n"),
       "labels: is not valid: 0 given; 1 to 20; accepted: label names"},
      {rule_of("      query: up == 0\n      label: x\n"), "label: no such setting; did you mean 'labels'?"},
      {rule_of("      query: up == 0\n      labels: a\n      container: b\n"),
       "has both container and labels"},
      {rule_of("      query: up == 0\n    - {name: Errors, query: up == 0}\n"),
       "healer.yaml:6: prometheus.rules[2].name: 'Errors' is the name of the rule in line 4, too"},
      {"prometheus:\n  url: http://p\n  rules:\n    - {query: up == 0}\n", "rules[1].name: is missing"},
      {"prometheus:\n  a: 1\n  url: http://p\n", "healer.yaml:2: prometheus.a: no such setting"},
      {"prometheus:\n  a:\n    b:\n      c:\n        d:\n          e:\n            f: 1\n",
       "healer.yaml:7: nested too deeply"},
      {"promethius:\n  url: http://p\n", "healer.yaml:1: promethius: a map; a single value is expected"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto lines = refusals(row.text);
    REQUIRE_FALSE(lines.empty());
    CAPTURE(lines.front());
    CHECK(lines.front().find(row.wanted) != std::string::npos);
    for (const std::string& line : lines) CHECK(line.find("secretword") == std::string::npos);
  }
}

TEST_CASE("prometheus: every error is reported at once") {
  CHECK(
      refusals("prometheus:\n  url: x\n  interval: 0\n  rules:\n    - {query: y}\n    - {for: z}\n").size() ==
      4);
}
