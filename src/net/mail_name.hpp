#pragma once

#include <string>

namespace healer::net {

/// What this machine is called.
struct MachineNames {
  std::string host;     ///< gethostname()
  std::string hosts;    ///< the text of /etc/hosts
  std::string address;  ///< an IPv4 address of this machine that is not loopback; empty: there is none
};

/// Without a look-up in the network, which could take seconds.
MachineNames machine_names();

/// The name that healer gives a mail server in EHLO: the domain of the sender's address if the domain has a
/// dot, else the host's full name (its own name, or its alias in /etc/hosts), else an address literal. Many
/// servers refuse a name without a dot, so the host's bare name is the last choice.
std::string mail_name(const std::string& sender, const MachineNames& machine);

/// Whether the text can be sent in EHLO: a name, or an address in brackets.
bool is_mail_name(const std::string& text);

}  // namespace healer::net
