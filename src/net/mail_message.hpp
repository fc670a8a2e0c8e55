#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "net/authorities.hpp"

namespace healer::net {

/// One mail to one server.
struct MailRequest {
  enum class Security { StartTls, Tls, None };
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 587;
  Security security = Security::StartTls;  ///< StartTls: an error if the server does not offer it
  std::string user;                        ///< empty: no login
  Secret password;
  std::string from;              ///< envelope sender: a bare address
  std::vector<std::string> to;   ///< envelope recipients: bare addresses, at least one
  std::string message;           ///< headers and body; lines end with CRLF
  std::string helo = {};         ///< the client's name in EHLO; empty: the host's bare name
  Duration timeout{10'000};      ///< of the whole transfer, with look-up and connecting
  Authorities authorities = {};  ///< CurlClient::trusting(); null: those of the client
};

/// The server's reply: 250 when it accepted the message, else the reply that ended the transfer.
struct MailAnswer {
  int code = 0;
  std::string reply;         ///< "550 5.1.1 no such user"; empty when accepted
  std::string command = {};  ///< that the reply refused: "EHLO", "AUTH", "MAIL", "RCPT", "DATA"
  std::vector<std::string> recipients_refused;  ///< the replies for refused recipients
};

}  // namespace healer::net
