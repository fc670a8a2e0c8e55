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

/// What an email channel is given by the process.
struct MailChannel {
  net::CurlClient& client;  ///< outlives the notifier
  std::string name;
  Duration timeout = 10s;  ///< of one try
  Duration gap = 1s;       ///< between two mails
};

/// Mails by SMTP (RFC 5321). The server's final no (5xx: no such mailbox, a login it does not take) is
/// refused; a passing one (4xx), a certificate that is not trusted, a missing STARTTLS and everything on the
/// way is tried again. Recipients that the server refuses beside others that it takes are said, and nothing
/// is sent again for them.
///
/// The mails of one incident are one thread: each names the first of them, which the receipt holds.
/// A mail that is sent again has the same Message-ID.
///
/// InvalidInput for a host, an address or a login that may not stand in the dialogue.
Result<std::unique_ptr<Notifier>> make_email_notifier(MailChannel channel, const EmailChannel& settings);

/// The whole message, lines ended by CRLF and at most 78 bytes: head as of RFC 5322, words of the head as of
/// RFC 2047, the body quoted-printable UTF-8. `thread`: the Message-ID of the first one, or empty.
std::string email_message(const Notification& notification, const EmailChannel& settings,
                          const std::string& thread);

/// "<healer.17.1764120254123.9c3f@example.org>": the same for each try of one notification.
std::string email_message_id(const Notification& notification, const EmailChannel& settings);

/// One header field, folded; its text may be anything.
std::string email_field(const std::string& name, const std::string& text);

/// RFC 2045, 6.7; lines of the text are ended by LF.
std::string quoted_printable(const std::string& text);

}  // namespace healer
