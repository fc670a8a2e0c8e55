#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

namespace healer::testing {

/// A mail server on loopback that accepts no login. Each refusal repeats what the client sent, as received
/// and decoded.
class SmtpEcho {
 public:
  SmtpEcho() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no mail server on loopback");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int client = 0; (client = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(client))
        talk(client);
    });
  }
  ~SmtpEcho() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  SmtpEcho(const SmtpEcho&) = delete;
  SmtpEcho& operator=(const SmtpEcho&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  static void talk(int client) {
    say(client, "220 echo.test ESMTP");
    std::string seen;
    char byte = 0;
    while (::recv(client, &byte, 1, 0) == 1) {
      if (byte != '\n') {
        seen += byte;
        continue;
      }
      if (seen.ends_with('\r')) seen.pop_back();
      if (seen.starts_with("EHLO"))
        say(client, "250-echo.test\r\n250 AUTH PLAIN");
      else if (seen == "AUTH PLAIN")
        say(client, "334 ");
      else
        say(client, "535 5.7.8 refused: " + seen + " " + decoded(seen));
      seen.clear();
    }
  }

  static void say(int client, std::string line) {
    line += "\r\n";
    (void)!::send(client, line.data(), line.size(), MSG_NOSIGNAL);
  }

  /// Decodes base64; unprintable bytes become spaces.
  static std::string decoded(const std::string& text) {
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : text) {
      const auto value = alphabet.find(c);
      if (value == std::string::npos) break;
      bits = bits << 6 | static_cast<unsigned>(value);
      count += 6;
      if (count < 8) continue;
      count -= 8;
      const char byte = static_cast<char>(bits >> count & 0xFF);
      out += byte > ' ' && byte <= '~' ? byte : ' ';
    }
    return out;
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace healer::testing
