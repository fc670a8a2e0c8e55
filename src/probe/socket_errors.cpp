#include "probe/socket_errors.hpp"

#include <string.h>

#include <cerrno>

namespace healer {

ProbeEnd end_of_errno(int error, bool connected) {
  switch (error) {
    case ECONNREFUSED:
      return ProbeEnd::Refused;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC:  // from epoll_ctl: the user's limit of watches
      return ProbeEnd::NoResources;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EINVAL:
    case EACCES:
    case EPERM:  // from connect: this host's firewall
      return ProbeEnd::NoRoute;
    case ETIMEDOUT:  // the kernel's timeout is shorter than the probe's
      return connected ? ProbeEnd::AnswerTimeout : ProbeEnd::ConnectTimeout;
    default:  // ECONNRESET, EPIPE, ECONNABORTED ...
      return ProbeEnd::Reset;
  }
}

std::string text_of_errno(int error) {
  const char* text = ::strerrordesc_np(error);
  return text != nullptr ? text : "error " + std::to_string(error);
}

}  // namespace healer
