#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"

namespace healer::net {

/// One mail to one server.
struct MailRequest {
  enum class Security { StartTls, Tls, None };
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 587;
  Security security = Security::StartTls;  ///< StartTls: nothing is sent where the server does not offer it
  std::string user;                        ///< empty: no login
  Secret password;
  std::string from;             ///< of the envelope: a bare address
  std::vector<std::string> to;  ///< the same; at least one
  std::string message;          ///< head and body, lines ended by CRLF
  Duration timeout{10'000};     ///< of the whole, look-up and connecting included
};

/// The server's word: 250 when it took the message, else the reply that ended it.
struct MailAnswer {
  int code = 0;
  std::string reply;                            ///< "550 5.1.1 no such user"; empty when it was taken
  std::vector<std::string> recipients_refused;  ///< the replies about those who do not get it
};

}  // namespace healer::net
