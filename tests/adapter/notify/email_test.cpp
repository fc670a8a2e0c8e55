// Tests of mail: the form of the message, and its delivery to a real server and to faulty ones.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "adapter/notify/service.hpp"
#include "base/text.hpp"
#include "net/mail_name.hpp"
#include "notify/email.hpp"
#include "support/certificates.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

namespace json = boost::json;

constexpr const char* python = "/usr/bin/python3";  // Debian's own, which has aiosmtpd

bool has_smtp_server() {
  static const bool has = run({.arguments = {python, "-c", "import aiosmtpd"}}).code == 0;
  if (!has) MESSAGE("skipped: no python3-aiosmtpd on this machine");
  return has;
}

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

struct Mail {
  std::string from;
  std::vector<std::string> to;
  bool tls = false;
  std::string user;
  std::string data;
};

class SmtpServer {
 public:
  explicit SmtpServer(const std::string& mode, const std::vector<std::string>& login = {}) {
    Command command;
    command.arguments = {python, SMTP_SERVER, mode, certificates().file("server.pem"),
                         certificates().file("server-key.pem")};
    command.arguments.insert(command.arguments.end(), login.begin(), login.end());
    command.output = output_ = folder_.file("output");
    process_.emplace(command);
    wait_until("the mail server's port", [&] {
      if (process_->exit_code()) FAIL("the mail server ended: " << read_file(output_));
      return !lines().empty();
    });
    port_ = static_cast<std::uint16_t>(std::stoi(lines().front()));
  }
  std::uint16_t port() const { return port_; }
  std::vector<Mail> mails() const {
    std::vector<Mail> all;
    const auto said = lines();
    for (std::size_t i = 1; i < said.size(); ++i) {
      if (!said[i].starts_with("{")) continue;
      const json::object object = json::parse(said[i]).as_object();
      Mail mail;
      mail.from = object.at("from").as_string().c_str();
      for (const auto& each : object.at("to").as_array()) mail.to.emplace_back(each.as_string().c_str());
      mail.tls = object.at("tls").as_bool();
      mail.user = object.at("user").as_string().c_str();
      const auto& data = object.at("data").as_string();
      mail.data.assign(data.data(), data.size());
      all.push_back(std::move(mail));
    }
    return all;
  }

 private:
  std::vector<std::string> lines() const {
    const std::string said = read_file(output_);
    const auto end = said.rfind('\n');
    if (end == std::string::npos) return {};
    return split(std::string_view(said).substr(0, end), '\n');
  }

  TemporaryFolder folder_;
  std::string output_;
  std::optional<Process> process_;
  std::uint16_t port_ = 0;
};

EmailChannel settings_for(std::uint16_t port, EmailChannel::Security security) {
  EmailChannel settings;
  settings.host = "127.0.0.1";
  settings.port = port;
  settings.security = security;
  settings.from = "healer@example.org";
  settings.to = {"ops@example.org"};
  return settings;
}

class Mailer {
 public:
  explicit Mailer(const net::CurlTrust& trust = {certificates().file("ca.pem"), ""}) {
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
      ::unsetenv(name);
    auto made = net::CurlClient::create(loop_, trust);
    REQUIRE(made.has_value());
    curl_ = std::move(*made);
  }
  Sent send(const EmailChannel& settings, const Notification& notification, const std::string& receipt = "",
            Duration timeout = 20s, SettingNames names = {}) {
    auto made = make_email_notifier(MailChannel{*curl_, "mail", timeout, 1s, std::move(names)}, settings);
    if (!made) FAIL(made.error().message);
    std::optional<Sent> sent;
    (*made)->send(notification, receipt, [&](Sent result) { sent = std::move(result); });
    CHECK_FALSE(sent.has_value());
    REQUIRE(run_until(loop_, [&] { return sent.has_value(); }));
    return *sent;
  }
  net::CurlClient& curl() { return *curl_; }

 private:
  net::Loop loop_;
  std::unique_ptr<net::CurlClient> curl_;
};

const EmailChannel plain_settings = settings_for(25, EmailChannel::Security::None);

std::string head_of(const std::string& message) {
  return message.substr(0, message.find("\r\n\r\n"));
}
std::string body_of(const std::string& message) {
  return message.substr(message.find("\r\n\r\n") + 4);
}

std::string decoded(const std::string& body) {
  std::string out;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body.compare(i, 2, "\r\n") == 0) {
      out += '\n';
      ++i;
    } else if (body.compare(i, 3, "=\r\n") == 0) {
      i += 2;
    } else if (body[i] == '=') {
      out += static_cast<char>(std::stoi(body.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += body[i];
    }
  }
  return out;
}

}  // namespace

TEST_CASE("a mail has every head field that readers and mailboxes need") {
  const std::string message =
      email_message(full_notification(NotificationKind::Critical), plain_settings, "");
  CHECK(head_of(message) ==
        "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
        "From: healer <healer@example.org>\r\n"
        "To: ops@example.org\r\n"
        "Subject: GAVE UP: web on host1\r\n"
        "Message-ID: " +
            email_message_id(full_notification(), plain_settings) +
            "\r\n"
            "Importance: high\r\n"
            "X-Priority: 1\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable");
  const std::string body = decoded(body_of(message));
  for (const char* part : {"web is unhealthy: HTTP 503.", "Look at `docker logs web`.", "Attempt: 2 of 5",
                           "https://healer.example/incidents/42", "ERROR: no connection to db"})
    CHECK_MESSAGE(body.find(part) != std::string::npos, part);
}

TEST_CASE("docs/notifications.md shows the mail as sent") {
  const std::string page = read_file(HEALER_SOURCE_DIR "/docs/notifications.md");
  const auto mark = page.find("<!-- sent: email -->\n```text\n");
  REQUIRE(mark != std::string::npos);
  const auto begin = page.find('\n', page.find("```text", mark)) + 1;
  EmailChannel settings = plain_settings;
  settings.host = "smtp.example.org";
  const std::string message = email_message(full_notification(), settings, "");
  std::string shown = head_of(message) + "\n\n" + decoded(body_of(message));
  std::erase(shown, '\r');
  CHECK(page.substr(begin, page.find("\n```", begin) + 1 - begin) == shown);
}

TEST_CASE("the mails of one incident form a thread, and a repeated mail has the same Message-ID") {
  const std::string first = email_message_id(full_notification(), plain_settings);
  CHECK(first == email_message_id(full_notification(), plain_settings));
  Notification later = full_notification(NotificationKind::Recovered);
  later.id = NotificationId{18};
  CHECK(email_message_id(later, plain_settings) != first);
  const std::string message = email_message(later, plain_settings, first);
  CHECK(message.find("In-Reply-To: " + first + "\r\nReferences: " + first + "\r\n") != std::string::npos);
  CHECK(email_message(full_notification(), plain_settings, first).find("References") == std::string::npos);
  for (const char* damaged : {"<healer.1@x>\r\nBcc: a@b", "x", "<healer.1@x> <y@z>", "<other.1@x>"})
    CHECK(email_message(later, plain_settings, damaged).find("References") == std::string::npos);
}

TEST_CASE("a subject with other than plain ASCII is written in encoded words") {
  CHECK(email_field("Subject", "web is unhealthy") == "Subject: web is unhealthy\r\n");
  CHECK(email_field("Subject",
                    "Gr\xC3\xBC\xC3\x9F"
                    "e") == "Subject:\r\n =?UTF-8?B?R3LDvMOfZQ==?=\r\n");
  CHECK(email_field("Subject", "=?UTF-8?Q?x?=").find("=?UTF-8?B?") != std::string::npos);
  const std::string field = email_field("Subject", "web\r\nBcc: all@example.org");
  CHECK(field.find("\r\nBcc") == std::string::npos);
}

TEST_CASE("any text of a container gives one mail of short plain lines") {
  std::vector<Notification> notifications = hostile_notifications();
  for (const std::string& text : {std::string(".\r\n.\r\nQUIT\r\n"), std::string("x\r\n.\r\nMAIL FROM:<a@b>"),
                                  std::string("\nFrom me\n..\n.\n"), std::string("a\nBcc: b@c\n\nbody")})
    notifications.push_back(notification_saying(text));
  for (const Notification& notification : notifications) {
    const std::string message = email_message(notification, plain_settings, "");
    REQUIRE(message.size() < 100'000);
    std::size_t begin = 0;
    bool in_head = true;
    std::vector<std::string> names;
    while (begin < message.size()) {
      const auto end = message.find("\r\n", begin);
      REQUIRE(end != std::string::npos);
      const std::string line = message.substr(begin, end - begin);
      begin = end + 2;
      REQUIRE(line.size() <= 78);
      REQUIRE(
          std::all_of(line.begin(), line.end(), [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; }));
      CHECK_FALSE(line.starts_with("."));
      CHECK_FALSE(line.starts_with("From "));
      if (line.empty()) in_head = false;
      if (in_head && line[0] != ' ') names.push_back(line.substr(0, line.find(':')));
    }
    const std::size_t urgent = notification.kind == NotificationKind::Critical ? 2 : 0;
    CHECK_MESSAGE(names.size() == 9 + urgent, "no field of the head comes from outside");
    CHECK_FALSE(in_head);
  }
}

TEST_CASE("quoted-printable text is decoded unchanged") {
  CHECK(rc::check([](const std::string& any) {
    std::string text;
    for (const char c : any)
      if (c != '\r') text += c;
    for (const std::string& each :
         {text, std::string(200, 'F') + text, text + std::string(100, ' ') + "\n" + text}) {
      const std::string encoded = quoted_printable(each);
      RC_ASSERT(decoded(encoded) == each + "\n");
      for (const std::string& line : split(encoded, '\n')) RC_ASSERT(line.size() <= 77U);
    }
  }));
}

TEST_CASE("addresses, hosts and logins with characters that SMTP does not allow are refused at the start") {
  Mailer mailer;
  const auto why = [&](EmailChannel settings) {
    auto made = make_email_notifier(MailChannel{mailer.curl(), "mail"}, settings);
    return made ? std::string() : made.error().message;
  };
  CHECK(why(plain_settings).empty());
  for (const char* address :
       {"", "ops", "@example.org", "ops@", "a b@example.org", "ops@example.org\r\nRCPT TO:<x@y>",
        "<ops@example.org>", "ops@example.org>", "a@b@c", "\xC3\xBC@example.org", "ops@exa mple",
        "a,b@example.org", "ops@ex\n"}) {
    EmailChannel settings = plain_settings;
    settings.to = {"good@example.org", address};
    CHECK_MESSAGE(why(settings).find("is no address") != std::string::npos, address);
    settings = plain_settings;
    settings.from = address;
    CHECK_MESSAGE(why(settings).find("is no address") != std::string::npos, address);
  }
  EmailChannel settings = plain_settings;
  settings.to.clear();
  CHECK(why(settings) == "no address to send to");
  for (const char* host : {"", "mail example", "mail\r\n", "a/b", "user@host", "[::1]"}) {
    settings = plain_settings;
    settings.host = host;
    CHECK_MESSAGE(why(settings).find("host") != std::string::npos, host);
  }
  settings = plain_settings;
  settings.port = 0;
  CHECK(why(settings).find("port is 0") != std::string::npos);
  settings = plain_settings;
  settings.user = "healer";
  settings.password = Secret{"sEcReT\r\nQUIT"};
  CHECK(why(settings).find("control character") != std::string::npos);
  CHECK(why(settings).find("sEcReT") == std::string::npos);
}

TEST_CASE("a real server takes the mail: plain, with STARTTLS, with TLS, and with a login") {
  if (!has_smtp_server()) return;
  Mailer mailer;
  struct Way {
    const char* mode;
    EmailChannel::Security security;
    bool login;
  };
  for (const Way& way : {Way{"plain", EmailChannel::Security::None, false},
                         Way{"starttls", EmailChannel::Security::StartTls, false},
                         Way{"starttls", EmailChannel::Security::StartTls, true},
                         Way{"tls", EmailChannel::Security::Tls, true}}) {
    CAPTURE(way.mode);
    SmtpServer server(way.mode,
                      way.login ? std::vector<std::string>{"healer", "sEcReT1"} : std::vector<std::string>{});
    EmailChannel settings = settings_for(server.port(), way.security);
    settings.to = {"ops@example.org", "night@example.net"};
    if (way.login) {
      settings.user = "healer";
      settings.password = Secret{"sEcReT1"};
    }
    Notification notification = full_notification();
    notification.excerpt = ".\n..\n. a dot\nFrom here\n" + std::string(3000, 'x') + "\n\xF0\x9F\x90\xB3";
    const Sent sent = mailer.send(settings, notification);
    CHECK_MESSAGE(sent.result == Sent::Result::Delivered, sent.error);
    CHECK(sent.receipt == email_message_id(notification, settings));
    wait_until("the mail", [&] { return server.mails().size() == 1; });
    const Mail mail = server.mails().front();
    CHECK(mail.from == "healer@example.org");
    CHECK(mail.to == settings.to);
    CHECK(mail.tls == (way.security != EmailChannel::Security::None));
    CHECK(mail.user == (way.login ? "healer" : ""));
    CHECK_MESSAGE(mail.data == email_message(notification, settings, ""), "byte for byte, dots and all");
  }
}

TEST_CASE("later mails of an incident refer to the first one") {
  if (!has_smtp_server()) return;
  Mailer mailer;
  SmtpServer server("plain");
  const EmailChannel settings = settings_for(server.port(), EmailChannel::Security::None);
  const Sent first = mailer.send(settings, full_notification());
  REQUIRE(first.receipt.has_value());
  Notification later = full_notification(NotificationKind::Recovered);
  later.id = NotificationId{18};
  const Sent second = mailer.send(settings, later, *first.receipt);
  CHECK(second.receipt == first.receipt);
  wait_until("both mails", [&] { return server.mails().size() == 2; });
  CHECK(server.mails()[1].data.find("References: " + *first.receipt) != std::string::npos);
}

TEST_CASE("a permanent refusal of the server is distinguished from a temporary one") {
  if (!has_smtp_server()) return;
  Mailer mailer;
  SmtpServer server("plain");
  EmailChannel settings = settings_for(server.port(), EmailChannel::Security::None);
  settings.to = {"unknown@example.org"};
  Sent sent = mailer.send(settings, full_notification());
  CHECK(sent.result == Sent::Result::Refused);
  CHECK(sent.error == "SMTP 550 5.1.1 no such user here");
  CHECK_FALSE(sent.receipt.has_value());
  settings.to = {"busy@example.org"};
  sent = mailer.send(settings, full_notification());
  CHECK(sent.result == Sent::Result::TryAgain);
  CHECK(sent.error == "SMTP 451 4.3.0 try again later");
  for (const auto& order : {std::vector<std::string>{"ops@example.org", "unknown@example.org"},
                            std::vector<std::string>{"unknown@example.org", "ops@example.org"}}) {
    settings.to = order;
    const std::size_t before = server.mails().size();
    sent = mailer.send(settings, full_notification());
    CHECK_MESSAGE(sent.result == Sent::Result::Delivered, sent.error);
    CHECK(sent.error == "1 of the recipients did not get it: 550 5.1.1 no such user here");
    wait_until("the mail", [&] { return server.mails().size() == before + 1; });
    CHECK(server.mails().back().to == std::vector<std::string>{"ops@example.org"});
  }
}

TEST_CASE("a wrong login is refused, and no error shows the password") {
  if (!has_smtp_server()) return;
  Mailer mailer;
  SmtpServer server("starttls", {"healer", "sEcReT1"});
  EmailChannel settings = settings_for(server.port(), EmailChannel::Security::StartTls);
  settings.user = "healer";
  settings.password = Secret{"sEcReT2"};
  Sent sent = mailer.send(settings, full_notification());
  CHECK(sent.result == Sent::Result::Refused);
  CHECK(sent.error.find("SMTP 535") == 0);
  CHECK(sent.error.find("sEcReT") == std::string::npos);
  settings.user.clear();
  sent = mailer.send(settings, full_notification());
  CHECK_MESSAGE(sent.result == Sent::Result::Refused, "530: a login is needed");
  CHECK(sent.error.find("SMTP 530") == 0);
  CHECK(server.mails().empty());
}

TEST_CASE("without a wanted STARTTLS or with an untrusted certificate no mail is sent") {
  if (!has_smtp_server()) return;
  {
    Mailer mailer;
    SmtpServer server("plain");
    const Sent sent =
        mailer.send(settings_for(server.port(), EmailChannel::Security::StartTls), full_notification());
    CHECK(sent.result == Sent::Result::TryAgain);
    CHECK(sent.error.find("STARTTLS") != std::string::npos);
    CHECK(server.mails().empty());
  }
  Mailer stranger({certificates().file("stranger.pem"), ""});
  for (const char* mode : {"starttls", "tls"}) {
    SmtpServer server(mode);
    const auto security =
        std::string(mode) == "tls" ? EmailChannel::Security::Tls : EmailChannel::Security::StartTls;
    const Sent sent = stranger.send(settings_for(server.port(), security), full_notification());
    CHECK(sent.result == Sent::Result::TryAgain);
    CHECK_MESSAGE(sent.error.find("certificate") != std::string::npos, sent.error);
    CHECK(server.mails().empty());
  }
}

namespace {

// Sends these lines at once and nothing after them.
std::unique_ptr<ScriptedServer> saying(std::vector<std::string> lines) {
  return ScriptedServer::on_loopback([lines = std::move(lines)](Peer& peer) {
    for (const std::string& line : lines) peer.send(line + "\r\n");
    peer.hang();
  });
}

}  // namespace

TEST_CASE("a server that does not answer QUIT delays no result") {
  Mailer mailer;
  // The timeout is far longer than the test's own, so waiting for the answer would fail the test.
  const auto server = saying({"220 hi", "250 hi", "550 5.7.1 no"});
  const Sent sent =
      mailer.send(settings_for(server->port(), EmailChannel::Security::None), full_notification(), "", 1h);
  CHECK(sent.result == Sent::Result::Refused);
  CHECK(sent.error == "SMTP 550 5.7.1 no");
}

namespace {

// A server that answers the command that begins with `at` by `reply`, and accepts all others.
class Refusing {
 public:
  Refusing(std::string at, std::string reply)
      : at_(std::move(at)),
        reply_(std::move(reply)),
        server_(ScriptedServer::on_loopback([this](Peer& peer) { talk(peer); })) {}
  std::uint16_t port() const { return server_->port(); }
  /// The name of the last EHLO.
  std::string hello() {
    const std::lock_guard guard(mutex_);
    return hello_;
  }

 private:
  void talk(Peer& peer) {
    peer.send("220 mx.example.org ESMTP\r\n");
    while (const auto line = peer.read_line()) {
      if (line->starts_with("EHLO ")) {
        const std::lock_guard guard(mutex_);
        hello_ = line->substr(5);
      }
      if (line->starts_with(at_) || (at_ == "EHLO" && line->starts_with("HELO")))
        peer.send(reply_ + "\r\n");
      else if (line->starts_with("EHLO"))
        peer.send("250-mx.example.org\r\n250 AUTH PLAIN\r\n");
      else if (*line == "AUTH PLAIN")
        peer.send("334 \r\n");
      else if (line->starts_with("MAIL") || line->starts_with("RCPT"))
        peer.send("250 ok\r\n");
      else if (line->starts_with("DATA"))
        peer.send("354 go\r\n");
      else
        peer.send("235 ok\r\n");
    }
  }

  std::string at_;
  std::string reply_;
  std::mutex mutex_;
  std::string hello_;
  std::unique_ptr<ScriptedServer> server_;
};

}  // namespace

TEST_CASE("a refused mail names the setting that the refused command is about") {
  Mailer mailer;
  struct Row {
    const char* at;
    const char* reply;
    const char* wanted;
  };
  const SettingNames names{{"helo", "SMTP_HELO"},         {"to", "SMTP_TO"},
                           {"from", "SMTP_FROM"},         {"user", "SMTP_USER"},
                           {"password", "SMTP_PASSWORD"}, {"host", "SMTP_HOST"}};
  for (const Row& row :
       {Row{"EHLO", "504 5.5.2 a full name, please", "; change SMTP_HELO"},
        Row{"RCPT", "504 5.5.2 <nas>: Helo command rejected: need fully-qualified hostname",
            "; change SMTP_HELO"},
        Row{"RCPT", "550 5.1.1 no such user", "; change SMTP_TO"},
        Row{"RCPT", "553 5.7.1 sender address rejected", "; change SMTP_FROM"},
        Row{"MAIL", "550 5.7.1 not you", "; change SMTP_FROM"},
        Row{"MAIL", "530 5.7.0 authentication required", "; change SMTP_USER or SMTP_PASSWORD"},
        Row{"AUTH", "535 5.7.8 wrong", "; change SMTP_USER or SMTP_PASSWORD"},
        Row{"DATA", "554 5.7.1 no", "; change SMTP_HOST"}}) {
    CAPTURE(row.reply);
    Refusing refusing(row.at, row.reply);
    EmailChannel settings = settings_for(refusing.port(), EmailChannel::Security::None);
    settings.user = "healer";
    settings.password = Secret{"sEcReT1"};
    const Sent sent = mailer.send(settings, full_notification(), "", 20s, names);
    CHECK_MESSAGE(sent.result == Sent::Result::Refused, sent.error);
    CHECK_MESSAGE(sent.error.ends_with(row.wanted), sent.error);
    CHECK(sent.error.find("sEcReT1") == std::string::npos);
  }
}

TEST_CASE("the mail server is greeted with the sender's domain, or with the configured name") {
  Mailer mailer;
  Refusing refusing("MAIL", "550 no");
  EmailChannel settings = settings_for(refusing.port(), EmailChannel::Security::None);
  mailer.send(settings, full_notification());
  CHECK(refusing.hello() == "example.org");
  for (const char* name : {"mail.example.net", "[192.0.2.7]", "nas"}) {
    settings.helo = name;
    mailer.send(settings, full_notification());
    CHECK(refusing.hello() == name);
  }
  settings.helo = "a b";
  CHECK_FALSE(make_email_notifier(MailChannel{mailer.curl(), "mail"}, settings).has_value());
}

TEST_CASE("the name for a mail server has a dot if there is one with a dot") {
  const std::string hosts = "127.0.0.1 localhost\n127.0.1.1 nas.example.org nas # home\n";
  CHECK(net::mail_name("h@example.com", {"nas", hosts, "192.0.2.7"}) == "example.com");
  CHECK(net::mail_name("h@nas", {"box.example.net", hosts, "192.0.2.7"}) == "box.example.net");
  CHECK(net::mail_name("h@nas", {"nas", hosts, "192.0.2.7"}) == "nas.example.org");
  CHECK(net::mail_name("h@nas", {"other", hosts, "192.0.2.7"}) == "[192.0.2.7]");
  CHECK(net::mail_name("root@localhost.localdomain", {"other", hosts, "192.0.2.7"}) == "[192.0.2.7]");
  CHECK(net::mail_name("h@nas.", {"other", hosts, "192.0.2.7"}) == "[192.0.2.7]");
  CHECK(net::mail_name("h@nas", {"other", "", ""}) == "other");
}

TEST_CASE("a delivery that breaks off is tried again") {
  Mailer mailer;
  const auto result = [&](std::vector<std::string> lines, Duration timeout = 300ms) {
    const auto server = saying(std::move(lines));
    return mailer.send(settings_for(server->port(), EmailChannel::Security::None), full_notification(), "",
                       timeout);
  };
  CHECK(result({}).result == Sent::Result::TryAgain);
  CHECK(result({"220 hi"}).result == Sent::Result::TryAgain);
  CHECK(result({"421 4.3.2 going down"}, 1h).error == "SMTP 421 4.3.2 going down");
  CHECK(result({"421 4.3.2 going down"}, 1h).result == Sent::Result::TryAgain);
  CHECK(result({"554 5.7.1 not you"}, 1h).result == Sent::Result::Refused);
  CHECK(result({"220 hi", "250 hi", "250 ok", "250 ok", "354 go"}).result == Sent::Result::TryAgain);
  CHECK(result({"HTTP/1.1 400 Bad Request"}).result == Sent::Result::TryAgain);
  CHECK(result({std::string(200'000, 'x')}).result == Sent::Result::TryAgain);
  EmailChannel nobody = settings_for(9, EmailChannel::Security::None);
  CHECK(mailer.send(nobody, full_notification()).result == Sent::Result::TryAgain);
}
