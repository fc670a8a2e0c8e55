// Which parts of free text are redacted, and which are not.
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "base/redact.hpp"
#include "support/secret_corpus.hpp"

using namespace healer;

namespace {

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct Example {
  const char* text;
  const char* redacted;
};

/// A generated secret, too long to occur in the text by chance.
std::string any_secret() {
  const std::string letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  std::string secret = "S3";
  const auto picks =
      *rc::gen::container<std::vector<std::size_t>>(20, rc::gen::inRange<std::size_t>(0, letters.size()));
  for (const std::size_t pick : picks) secret += letters[pick];
  return secret;
}

/// Text of the pieces that the rules look for, in any order.
std::string any_soup() {
  static const std::vector<std::string> pieces{"password",
                                               "=",
                                               ":",
                                               "\"",
                                               "'",
                                               "\\",
                                               " ",
                                               "\n",
                                               ",",
                                               ";",
                                               "&",
                                               "?",
                                               "://",
                                               "@",
                                               "/",
                                               "token",
                                               "api_key",
                                               "Authorization",
                                               "Bearer ",
                                               "Basic ",
                                               "eyJ",
                                               ".",
                                               "AKIA",
                                               "ghp_",
                                               "-----BEGIN PRIVATE KEY-----",
                                               "-----END RSA PRIVATE KEY-----",
                                               "hooks.slack.com/services/",
                                               "<redacted>",
                                               "<red",
                                               "acted>",
                                               "--secret ",
                                               "abc",
                                               "Zz9",
                                               "x",
                                               "cookie",
                                               "\x80",
                                               std::string(1, '\0'),
                                               "0123456789ABCDEF"};
  std::string text;
  for (const std::size_t pick :
       *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, pieces.size())))
    text += pieces[pick];
  return text;
}

}  // namespace

TEST_CASE("a secret is recognised by the name before it") {
  const Example examples[] = {
      {"DB_PASSWORD=hunter2", "DB_PASSWORD=<redacted>"},
      {"a=1 password=hunter2 b=2", "a=1 password=<redacted> b=2"},
      {"user=bob,password=hun,ter2,host=db", "user=bob,password=<redacted>,host=db"},
      {R"({"user":"bob","apiKey":"hunter2","n":1})", R"({"user":"bob","apiKey":"<redacted>","n":1})"},
      {R"({"token":12345,"n":1})", R"({"token":<redacted>,"n":1})"},
      {R"(log {\"secret\":\"hun\"} end)", R"(log {\"secret\":\"<redacted>\"} end)"},
      {R"(password: "two words" rest)", R"(password: "<redacted>" rest)"},
      {R"(password="a\"b" rest)", R"(password="<redacted>" rest)"},
      {"password = 'x y", "password = '<redacted>"},
      {"X-Auth-Token: abc\nHost: a", "X-Auth-Token: <redacted>\nHost: a"},
      {"mysqld --password hunter2 --port 3306", "mysqld --password <redacted> --port 3306"},
      {"mysqld --password=hunter2 --port=3306", "mysqld --password=<redacted> --port=3306"},
      {"Cookie: sid=1; other=2\nHost: a", "Cookie: <redacted>\nHost: a"},
      {"auth=abc", "auth=<redacted>"},
      {"Server=db;Pwd=abc;Port=1", "Server=db;Pwd=<redacted>;Port=1"},
  };
  for (const Example& example : examples) CHECK(redact(example.text) == example.redacted);
}

TEST_CASE("credentials, URLs and tokens are recognised by their form") {
  const Example examples[] = {
      {"Authorization: Bearer abc.def", "Authorization: Bearer <redacted>"},
      {"curl -H \"Authorization: Basic YTpi\" http://a",
       "curl -H \"Authorization: Basic <redacted>\" http://a"},
      {R"("authorization":"Bearer abc","x":1)", R"("authorization":"Bearer <redacted>","x":1)"},
      {"sent Bearer abcdef0123456789 ok", "sent Bearer <redacted> ok"},
      {"postgres://app:hunter2@db:5432/x", "postgres://app:<redacted>@db:5432/x"},
      {"redis://:hunter2@db", "redis://:<redacted>@db"},
      {"amqp://app:hun/ter2@mq", "amqp://app:<redacted>@mq"},
      {"https://0123456789abcdef0123@sentry.example/1", "https://<redacted>@sentry.example/1"},
      {"GET /a?id=1&sig=abc&access_token=def#x HTTP",
       "GET /a?id=1&sig=<redacted>&access_token=<redacted> HTTP"},
      {"POST https://hooks.slack.com/services/T0/B0/abc failed",
       "POST https://hooks.slack.com/services/<redacted> failed"},
      {"https://Discord.com/api/webhooks/1/abc", "https://Discord.com/api/webhooks/<redacted>"},
      {"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-d ok", "jwt <redacted> ok"},
      {"id AKIAIOSFODNN7EXAMPLE.", "id <redacted>"},
      {"ghp_0123456789abcdefABCD and glpat-0123456789ab", "<redacted> and <redacted>"},
      {"xoxb-123456789-abc", "<redacted>"},
      {"a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nAAAA\n-----END RSA PRIVATE KEY-----\nb",
       "a\n-----BEGIN RSA PRIVATE KEY-----<redacted>-----END RSA PRIVATE KEY-----\nb"},
      {"MIIE\n-----END PRIVATE KEY-----\nb", "<redacted>-----END PRIVATE KEY-----\nb"},
      {"-----BEGIN PRIVATE KEY-----\nMIIE", "-----BEGIN PRIVATE KEY-----<redacted>"},
  };
  for (const Example& example : examples) CHECK(redact(example.text) == example.redacted);
}

TEST_CASE("text without secrets is unchanged, byte for byte") {
  for (const char* text :
       {"",
        "2026-11-22T10:00:00.123Z ERROR could not connect to 10.0.0.7:5432: connection refused",
        "GET /health?verbose=1 HTTP/1.1\" 503 17 \"-\" \"curl/7.88\"",
        "git clone ssh://git@github.com/a/b",
        "http://127.0.0.1:8080/health",
        "PWD=/app OLDPWD=/",
        "password authentication failed for user \"app\"",
        "max_tokens: 4096, tokens=12",
        "SECRET_FILE=/run/secrets/db",
        "auth: failed",
        "std::Token::parse(key)",
        "basic functionality works",
        "image busybox:latest",
        "token: null",
        "\"password\":\"\"",
        "exit code 137, OOM false",
        "the bearer of this message",
        "eyJ",
        "AKIA",
        "a=b&c=d",
        "key=value",
        "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
        "\x80\xff\n\t"})
    CHECK(redact(text) == text);
}

TEST_CASE("given secret values are redacted everywhere in a text") {
  const std::vector<std::string> secrets{"hunter2", "abc", "true", "line number one\nline number two"};
  CHECK(redact("xhunter2y", secrets) == "x<redacted>y");
  CHECK(redact("hunter2hunter2", secrets) == "<redacted>");
  CHECK(redact("abc true", secrets) == "abc true");  // too short or too common to be secrets
  CHECK(redact("12:00 line number two", secrets) == "12:00 <redacted>");
  CHECK(redact("overlap", std::vector<std::string>{"overl", "erlap"}) == "<redacted>");
}

TEST_CASE("DB_PASSWORD and its like name a secret, PASSWORD_FILE and its like do not") {
  for (const char* name : {"DB_PASSWORD", "apiKey", "X-Auth-Token", "AWS_SECRET_ACCESS_KEY", "REDIS_AUTH",
                           "PGPASSWORD", "SLACK_WEBHOOK", "private_key", "DB_PASS"})
    CHECK(names_a_secret(name));
  for (const char* name : {"PATH", "HOME", "PASSWORD_FILE", "TOKEN_TTL", "KEYBOARD", "COMPASS", "AUTHOR", "",
                           "MONKEY", "POSTGRES_USER", "TOKENIZER"})
    CHECK_FALSE(names_a_secret(name));
}

TEST_CASE("a planted secret never survives, whatever text is around it") {
  const bool held = rc::check([] {
    const std::string secret = any_secret();
    const std::vector<std::string> forms{
        "password=" + secret,
        "\"client_secret\": \"" + secret + "\"",
        "api-key: " + secret,
        "Authorization: Bearer " + secret,
        "https://user:" + secret + "@host/path",
        "https://host/path?a=b&token=" + secret + "&c=d",
        "https://hooks.slack.com/services/T000/B000/" + secret,
        "https://discord.com/api/webhooks/123/" + secret,
        "eyJhbGciOiJIUzI1NiJ9." + secret + ".x",
        "ghp_" + secret,
        "glpat-" + secret,
        "xoxb-1-" + secret,
        "-----BEGIN PRIVATE KEY-----\n" + secret + "\n-----END PRIVATE KEY-----",
    };
    const std::string form = forms[*rc::gen::inRange<std::size_t>(0, forms.size())];
    const std::string around = *rc::gen::element<std::string>(" ", "\n", "\t");
    const std::string text =
        *rc::gen::arbitrary<std::string>() + around + form + around + *rc::gen::arbitrary<std::string>();
    RC_ASSERT(!holds(redact(text), secret));
  });
  CHECK(held);
}

TEST_CASE("a given secret never survives, and a second redaction changes nothing") {
  const bool held = rc::check([] {
    const std::vector<std::string> secrets{any_secret(), any_secret() + " two"};
    std::string text = any_soup();
    for (const std::string& secret : secrets)
      text.insert(*rc::gen::inRange<std::size_t>(0, text.size() + 1), secret);
    const std::string once = redact(text, secrets);
    // A secret may be inserted into the other one; then neither is in the text as a whole.
    for (const std::string& secret : secrets) RC_ASSERT(!holds(once, secret));
    RC_ASSERT(redact(once, secrets) == once);
  });
  CHECK(held);
}

TEST_CASE("a second redaction of any text changes nothing") {
  const bool held = rc::check([] {
    const std::string text = any_soup();
    const std::string once = redact(text);
    RC_ASSERT(redact(once) == once);
  });
  CHECK(held);
}

TEST_CASE("at least 98 of 100 forms of secrets are hidden") {
  std::size_t all = 0;
  std::size_t shown = 0;
  for (const std::uint64_t seed : {1, 2, 3}) {
    for (const test::PlantedSecret& one : test::planted_secrets(seed)) {
      const std::string text = "12:00 before it\n" + one.text + "\nand after it";
      const std::string hidden = redact(text);
      CHECK_MESSAGE(hidden.starts_with(one.form.find("END ") == std::string::npos ? "12:00 before it\n" : ""),
                    one.form);
      ++all;
      if (!holds(hidden, one.secret)) continue;
      ++shown;
      MESSAGE("shown: " << one.form);
    }
  }
  CHECK(all >= 3 * 300);
  CHECK(shown * 100 <= all * 2);
}

TEST_CASE("at most 1 of 100 harmless lines is changed, alone and within a log") {
  const std::vector<std::string> lines = test::harmless_lines(2000, 1);
  std::string log;
  std::size_t changed = 0;
  for (const std::string& line : lines) {
    log += line + "\n";
    if (redact(line) == line) continue;
    ++changed;
    MESSAGE("changed: " << redact(line));
  }
  CHECK(changed * 100 <= lines.size());
  const std::string redacted = redact(log);
  std::size_t kept = 0;
  std::size_t from = 0;
  for (const std::string& line : lines) {
    const auto found = redacted.find(line + "\n", from);
    if (found == std::string::npos) continue;
    ++kept;
    from = found + line.size();
  }
  CHECK(kept * 100 >= lines.size() * 99);
}

TEST_CASE("a planted secret is hidden behind the time that the engine puts before each line") {
  const std::string time = "2026-11-22T10:00:00.123456789Z ";
  for (const test::PlantedSecret& one : test::planted_secrets(4)) {
    if (one.text.find('\n') == std::string::npos) continue;
    std::string log = time + "before\n" + time;
    for (const char c : one.text) log += c == '\n' ? "\n" + time : std::string(1, c);
    CHECK_MESSAGE(!holds(redact(log), one.secret), one.form);
  }
}

TEST_CASE("the secrets of an environment are whole values and parts of URLs, each once") {
  const auto of = [](std::vector<std::string> environment) { return secrets_of(environment); };
  using Values = std::vector<std::string>;
  CHECK(of({"DB_PASSWORD=hunter22", "db_passwd=other-one", "API_TOKEN=abcd", "LICENSE_KEY=xyz9",
            "DBPASS=wxyz"}) == Values{"hunter22", "other-one", "abcd", "xyz9", "wxyz"});
  CHECK(of({"PATH=/usr/bin:/bin", "PWD=/home/app", "OLDPWD=/home", "HOSTNAME=web", "NO_VALUE_TOKEN",
            "A_TOKEN=abc", "B_SECRET=true"})
            .empty());
  CHECK(of({"DATABASE_URL=postgres://app:s3cr3t@db:5432/app?sslmode=no"}) == Values{"s3cr3t"});
  CHECK(of({"ODBC=Server=h;Pwd=hunter33;"}) == Values{"hunter33"});
  CHECK(of({"URL=http://host/path@x:y", "URL2=http://user@host/"}).empty());
  CHECK(of({"AWS_SECRET_ACCESS_KEY=k/+=", "MYSQL_PWD=wordpass", "GITHUB_AUTH=x:y:z", "Credentials=file",
            "STRIPE_KEY=sk_1", "SLACK_WEBHOOK_URL=https://hook"}) ==
        Values{"k/+=", "wordpass", "x:y:z", "file", "sk_1", "https://hook"});
  CHECK(of({"EMPTY_KEY=", "AUTH_TOKEN=true", "SSL_KEY=none", "PASSWORD_FILE=/run/secrets/x", "URL3=a:b@c"})
            .empty());
  CHECK(of({"A_TOKEN=same", "B_TOKEN=same"}) == Values{"same"});
  CHECK(of({"A_TOKEN= padded "}) == Values{" padded ", "padded"});
}

TEST_CASE("a secret of the environment is hidden as JSON and URLs write it, too") {
  const std::vector<std::string> secrets{"p\"s w/d"};
  CHECK(redact(R"(a {"x":"p\"s w/d"} b)", secrets) == R"(a {"x":"<redacted>"} b)");
  CHECK(redact("a ?x=p%22s%20w%2Fd b", secrets) == "a ?x=<redacted> b");
}

TEST_CASE("a container with more secret bytes than the bound shows nothing") {
  std::vector<std::string> environment;
  for (int i = 0; i < 60'000; ++i)
    environment.push_back(std::to_string(i) + "_KEY=" + std::to_string(10'000'000 + i));
  const std::vector<std::string> secrets = secrets_of(environment);
  std::size_t bytes = 0;
  for (const std::string& secret : secrets) bytes += secret.size();
  CHECK(bytes > Redactor::most_secret_bytes);
  CHECK(bytes < Redactor::most_secret_bytes + 100);
  CHECK(redact("anything at all", secrets) == "<redacted>");
}

TEST_CASE("many secrets and a long text take linear time") {
  // Each secret compared with the text would be 20,000 times 1 MB.
  std::vector<std::string> secrets;
  for (int i = 0; i < 20'000; ++i) secrets.push_back("aaaaaa" + std::to_string(i));
  std::string text;
  while (text.size() < 1'000'000) text += "aaaaaaa19999 aaaaaa";
  CHECK(!holds(redact(text, secrets), "aaaaaa19999"));
}

TEST_CASE("redacting a long text of one repeated pattern takes linear time") {
  // Quadratic work on a megabyte would exceed the test's time limit.
  for (const char* piece : {"token=",
                            "token=a,",
                            "a://a:b",
                            "eyJ.",
                            "Bearer ",
                            "--secret ",
                            "-----BEGIN ",
                            "\"a\":",
                            "password=\"\\",
                            "=",
                            ":",
                            ",a",
                            "ghp_",
                            "hooks.slack.com/services/",
                            "password:&a",
                            "key=",
                            "authorization: failed ",
                            "token:[",
                            "token:[\"\\",
                            "</token>",
                            "id=",
                            "'",
                            "curl -u ",
                            "a@",
                            "password ",
                            "token%3d",
                            "$6$",
                            ":5432:",
                            "cookie: ",
                            "tokens:\n- ",
                            "password: |\n  ",
                            "[\"token\","}) {
    std::string text;
    while (text.size() < 1'000'000) text += piece;
    const std::string once = redact(text);
    CHECK(once.size() <= text.size() * 8);
  }
}
