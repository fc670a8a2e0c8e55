#pragma once

#include <string_view>

namespace healer {

/// Whether Kubernetes or a Docker link sets a variable of this name and value for some service: for "smtp"
/// SMTP_PORT=tcp://10.0.0.1:25, SMTP_SERVICE_HOST, SMTP_SERVICE_PORT_MAIL, SMTP_PORT_25_TCP_ADDR ...
bool is_service_link(std::string_view name, std::string_view value);

/// Whether the value is a service's address in a variable that they set: tcp://, udp:// or sctp://, a host, a
/// port and nothing else.
bool is_service_address(std::string_view value);

}  // namespace healer
