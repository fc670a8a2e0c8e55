#include "notify/email.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/encode.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "base/utc.hpp"
#include "net/mail_name.hpp"
#include "notify/notification_text.hpp"
#include "notify/setting_advice.hpp"

namespace healer {
namespace {

constexpr std::size_t text_limit = 16 * 1024;
constexpr std::size_t subject_limit = 200;
constexpr std::size_t line_limit = 76;

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
}

// Encoded words; none splits a UTF-8 character (RFC 2047, 5).
std::string encoded_words(std::string_view text) {
  constexpr std::size_t bytes_a_word = 45;  // 60 base64 digits, and 12 characters around them
  std::string out;
  while (!text.empty()) {
    std::size_t end = std::min(bytes_a_word, text.size());
    while (end < text.size() && end > 1 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    out += (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64(text.substr(0, end)) + "?=";
    text.remove_prefix(end);
  }
  return out;
}

std::string domain_of(const EmailChannel& settings) {
  return settings.from.substr(settings.from.rfind('@') + 1);
}

std::string date_of(Instant at) {
  return utc_text(std::max(WallTime{}, wall_time_of(at)), UtcForm::Mail);
}

/// A receipt is read from disk: only a Message-ID of healer's form may go into a header.
bool is_message_id(const std::string& text) {
  return text.size() > 4 && text.size() < 400 && text.starts_with("<healer.") && text.ends_with(">") &&
         is_plain(text) && text.find_first_of(" ,;\"\\()") == std::string::npos;
}

std::string id_field(const std::string& name, const std::string& id) {
  const bool fits = name.size() + 2 + id.size() <= line_limit;
  return name + (fits ? ": " : ":\r\n ") + id + "\r\n";
}

/// The settings that the server's reply is about. Servers may say at RCPT what they think of an earlier
/// command ("504 5.5.2 <nas>: Helo command rejected: need fully-qualified hostname").
SettingKeys blamed(const net::MailAnswer& answer) {
  const std::string reply = lower(answer.reply);
  const auto says = [&](const char* word) { return reply.find(word) != std::string::npos; };
  if (answer.command == "EHLO" || answer.command == "HELO" || says("helo") || answer.code == 504)
    return {"helo"};
  const bool of_login = answer.code == 530 || answer.code == 534 || answer.code == 535 || answer.code == 538;
  if (answer.command == "AUTH" || of_login || says("authenticat")) return {"user", "password"};
  if (answer.command == "MAIL" || says("sender")) return {"from"};
  if (answer.command == "RCPT") return {"to"};
  return {"host"};
}

Sent meaning_of(Result<net::MailAnswer> answer, const SettingNames& names) {
  Sent sent;
  if (!answer) {
    sent.result =
        answer.error().code == ErrorCode::InvalidInput ? Sent::Result::Refused : Sent::Result::TryAgain;
    sent.error = answer.error().message;
    return sent;
  }
  if (answer->code < 400) {
    if (!answer->recipients_refused.empty())
      sent.error = fmt::format("{} of the recipients did not get it: {}{}", answer->recipients_refused.size(),
                               answer->recipients_refused.front(), setting_advice(names, {"to"}));
    return sent;
  }
  sent.result = answer->code >= 500 ? Sent::Result::Refused : Sent::Result::TryAgain;
  sent.error = answer->reply.empty() ? fmt::format("SMTP {}", answer->code) : "SMTP " + answer->reply;
  if (sent.result == Sent::Result::Refused) sent.error += setting_advice(names, blamed(*answer));
  return sent;
}

net::MailRequest request_of(const MailChannel& channel, const EmailChannel& settings) {
  net::MailRequest request;
  request.host = settings.host;
  request.port = settings.port;
  switch (settings.security) {
    case EmailChannel::Security::StartTls:
      request.security = net::MailRequest::Security::StartTls;
      break;
    case EmailChannel::Security::Tls:
      request.security = net::MailRequest::Security::Tls;
      break;
    case EmailChannel::Security::None:
      request.security = net::MailRequest::Security::None;
      break;
  }
  request.user = settings.user;
  request.password = settings.password;
  request.from = settings.from;
  request.to = settings.to;
  request.helo = settings.helo.empty() ? net::mail_name(settings.from, net::machine_names()) : settings.helo;
  request.timeout = channel.timeout;
  request.authorities = channel.authorities;
  return request;
}

class EmailNotifier final : public Notifier {
 public:
  EmailNotifier(MailChannel channel, EmailChannel settings)
      : channel_(std::move(channel)), settings_(std::move(settings)) {}

  const std::string& channel() const override { return channel_.name; }
  Duration gap() const override { return channel_.gap; }

  void send(const Notification& notification, const std::string& receipt,
            std::function<void(Sent)> done) override {
    net::MailRequest request = request_of(channel_, settings_);
    request.message = email_message(notification, settings_, receipt);
    const std::string thread = is_message_id(receipt) ? receipt : email_message_id(notification, settings_);
    channel_.client.send_mail(
        std::move(request),
        [done = std::move(done), thread, names = channel_.setting_names](Result<net::MailAnswer> answer) {
          Sent sent = meaning_of(std::move(answer), names);
          if (sent.result == Sent::Result::Delivered) sent.receipt = thread;
          done(std::move(sent));
        });
  }

 private:
  MailChannel channel_;
  EmailChannel settings_;
};

}  // namespace

Result<std::unique_ptr<Notifier>> make_email_notifier(MailChannel channel, const EmailChannel& settings) {
  if (auto good = net::check_mail(request_of(channel, settings)); !good)
    return tl::unexpected(std::move(good.error()));
  return std::unique_ptr<Notifier>(std::make_unique<EmailNotifier>(std::move(channel), settings));
}

std::string email_message_id(const Notification& notification, const EmailChannel& settings) {
  return fmt::format("<healer.{}.{}.{:016x}@{}>", notification.id.value,
                     wall_time_of(notification.created_at).unix_ms,
                     fnv1a(notification.host + "\n" + notification.dedup_key), domain_of(settings));
}

std::string email_field(const std::string& name, const std::string& text) {
  const std::string line = name + ": " + text;
  if (is_plain(text) && line.size() <= line_limit && text.find("=?") == std::string::npos)
    return line + "\r\n";
  // The encoded words start on a new line, so that the name's length does not count.
  return name + ":\r\n " + encoded_words(printable(text)) + "\r\n";
}

std::string quoted_printable(const std::string& text) {
  std::string out;
  std::size_t column = 0;
  const auto put = [&](const std::string& piece) {
    if (column + piece.size() > line_limit - 1) {  // room for the '='
      out += "=\r\n";
      column = 0;
    }
    out += piece;
    column += piece.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool at_end = i + 1 == text.size() || text[i + 1] == '\n';
    const bool blank = c == ' ' || c == '\t';
    // At the begin of a line, a dot has a meaning for servers, and "From " for mailboxes.
    const bool doubtful = column == 0 && (c == '.' || c == 'F');
    if (c == '=' || c >= 0x7F || (c < 0x20 && !blank) || (blank && at_end) || doubtful)
      put(fmt::format("={:02X}", c));
    else
      put(std::string(1, static_cast<char>(c)));
  }
  return out + "\r\n";
}

std::string email_message(const Notification& notification, const EmailChannel& settings,
                          const std::string& thread) {
  std::string to;
  for (const std::string& each : settings.to) to += (to.empty() ? "" : ",\r\n ") + each;
  const std::string id = email_message_id(notification, settings);
  std::string head = "Date: " + date_of(notification.created_at) + "\r\n";
  head += "From: healer <" + settings.from + ">\r\n";
  head += "To: " + to + "\r\n";
  head += email_field("Subject", clip(notification_title(notification), subject_limit));
  head += id_field("Message-ID", id);
  if (is_message_id(thread) && thread != id)
    head += id_field("In-Reply-To", thread) + id_field("References", thread);
  if (notification.kind == NotificationKind::Critical) head += "Importance: high\r\nX-Priority: 1\r\n";
  head +=
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n";
  return head + "\r\n" + quoted_printable(plain_text(notification, text_limit));
}

}  // namespace healer
