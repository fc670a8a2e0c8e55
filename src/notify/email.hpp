#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/channel.hpp"
#include "net/curl_client.hpp"
#include "notify/notifier.hpp"

namespace healer {

/// The process's parts of an email channel.
struct MailChannel {
  net::CurlClient& client;  ///< outlives the notifier
  std::string name;
  Duration timeout = 10s;  ///< of one try
  Duration gap = 1s;       ///< between two mails
  SettingNames setting_names = {};
  net::Authorities authorities = {};  ///< null: those of the client
};

/// Sends mails by SMTP (RFC 5321); in EHLO it gives settings.helo, else net::mail_name(). A permanent error
/// of the server (5xx: no such mailbox, wrong login) is refused; a temporary error (4xx), an untrusted
/// certificate, a missing STARTTLS and every failure of the transfer is tried again. If the server refuses
/// only some recipients, the mail counts as delivered, the error names them, and nothing is sent to them
/// again.
///
/// The mails of one incident are one thread: each refers to the first mail, whose Message-ID is the receipt.
/// A mail that is sent again keeps its Message-ID.
///
/// InvalidInput for a host, an address or a login that SMTP does not allow.
Result<std::unique_ptr<Notifier>> make_email_notifier(MailChannel channel, const EmailChannel& settings);

/// The whole message, with lines of at most 78 bytes that end with CRLF: headers by RFC 5322, encoded words
/// by RFC 2047, the body quoted-printable UTF-8. `thread`: the Message-ID of the first mail, or empty.
std::string email_message(const Notification& notification, const EmailChannel& settings,
                          const std::string& thread);

/// "<healer.17.1764120254123.9c3f@example.org>": the same for every try of one notification.
std::string email_message_id(const Notification& notification, const EmailChannel& settings);

/// One header field, folded. The text may hold any bytes.
std::string email_field(const std::string& name, const std::string& text);

/// RFC 2045, 6.7. The text's lines end with LF.
std::string quoted_printable(const std::string& text);

}  // namespace healer
