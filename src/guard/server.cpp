#include "guard/server.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <iostream>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "base/text.hpp"

namespace healer::guard {
namespace {

constexpr Duration request_limit{5'000};
constexpr Duration reply_limit{10'000};
constexpr Duration minute{60'000};
constexpr std::size_t longest_line = 256;
/// What the engine tells a plugin of a call has at most 1 MiB of body, in base64, and its headers.
constexpr std::size_t most_of_call = 8 * 1024 * 1024;
/// Of an answer the plugin needs the id in it, which is short.
constexpr std::size_t most_of_answer = 64 * 1024;
constexpr std::size_t any_length = 1ULL << 40U;

volatile sig_atomic_t ending = 0;

void on_signal(int) {
  ending = 1;
}

}  // namespace

Result<void> Server::listen(const Settings& settings, Fd engine) {
  // Who may connect is decided by the peer's user, which the kernel tells. Root in the guard's container has
  // no capability to pass a file's mode.
  client_ = std::move(engine);
  if (settings.mode == Mode::Socket) {
    auto healer = listen_unix(settings.socket, 0666);
    if (!healer) return tl::unexpected(healer.error());
    client_ = std::move(*healer);
  }
  auto admin = listen_unix(settings.admin_socket, 0666);
  if (!admin) return tl::unexpected(admin.error());
  operator_ = std::move(*admin);
  return {};
}

void Server::run() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  Deadline next_minute(minute);
  while (!ending) {
    std::array<pollfd, 2> doors{pollfd{client_.get(), POLLIN, 0}, pollfd{operator_.get(), POLLIN, 0}};
    constexpr int at_most = 1000;
    (void)poll(doors.data(), doors.size(), std::min(next_minute.left(), at_most));
    if ((doors[0].revents & POLLIN) != 0)
      accept_from(client_, gate_.settings().mode == Mode::Plugin ? Door::Engine : Door::Healer);
    if ((doors[1].revents & POLLIN) != 0) accept_from(operator_, Door::Operator);
    if (next_minute.left() > 0) continue;
    next_minute = Deadline(minute);
    std::cout << "healer-guard: audit head " << gate_.minute() << "\n" << std::flush;
  }
  std::cout << "healer-guard: audit head " << gate_.minute() << "; ends\n" << std::flush;
}

void Server::accept_from(const Fd& listener, Door door) {
  Fd client(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client) return;
  const auto peer = peer_of(client.get());
  const Settings& settings = gate_.settings();
  // The engine is root, too.
  const unsigned expected = door == Door::Healer ? settings.client_uid : 0;
  const bool fit = peer && *peer == expected && *peer != settings.uid;
  if (breaks(Rule::Peer, !fit))
    return respond(
        client.get(),
        gate_.refused("connect", "",
                      {Rule::Peer, fmt::format("user {}; {} is accepted", peer.value_or(-1U), expected)}));
  if (breaks(Rule::Busy, open_ >= (door == Door::Engine ? most_of_engine : most_connections)))
    return respond(client.get(), gate_.refused("connect", "", {Rule::Busy, "too many open connections"}));
  ++open_;
  try {
    std::thread([this, door, client = std::move(client)]() mutable {
      if (door == Door::Operator) serve_operator(std::move(client));
      if (door == Door::Engine) serve_engine(std::move(client));
      if (door == Door::Healer) serve_healer(std::move(client));
      --open_;
    }).detach();
  } catch (const std::system_error&) {
    --open_;  // no more threads now; the connection is closed
  }
}

/// Reads until the request is complete, and takes what came with it: a second request is no part of it. Of a
/// body of the engine that is too large to be kept only the end is waited for: it arrives empty.
Ruled<Request> Server::read_request(int client, Door door) {
  const Deadline deadline(request_limit);
  const std::size_t largest = door == Door::Engine ? any_length : longest_body;
  std::string bytes;
  std::array<char, 16 * 1024> buffer;
  std::optional<Request> head;
  std::size_t missing = 0;
  std::size_t kept = any_length;
  for (;;) {
    const auto end = head ? std::string::npos : bytes.find("\r\n\r\n");
    if (!head && end == std::string::npos && bytes.size() > longest_head)
      return refuse(Rule::Header, fmt::format("a head of more than {} bytes", longest_head));
    if (end != std::string::npos) {
      auto parsed = parse_head(std::string_view(bytes).substr(0, end + 4), largest);
      if (!parsed) return tl::unexpected(parsed.error());
      head = std::move(*parsed);
      missing = end + 4 + head->body_length;
      if (door == Door::Engine) kept = head->path.ends_with("Res") ? most_of_answer : most_of_call;
    }
    if (head && bytes.size() >= missing)
      return head->body_length > kept ? *head : parse_request(bytes, largest);
    if (head && head->body_length > kept && bytes.size() > kept) {
      missing -= bytes.size();
      bytes.clear();
    }
    const auto got = read_some(client, buffer.data(), buffer.size(), deadline);
    if (!got) return refuse(Rule::Slow, "the request was not complete within 5 s");
    if (*got == 0) return refuse(Rule::RequestLine, "the connection ended before the request");
    bytes.append(buffer.data(), *got);
  }
}

void Server::respond(int client, const Reply& reply) {
  std::string bytes = fmt::format(
      "HTTP/1.1 {} \r\nServer: healer-guard\r\nHealer-Guard: 1\r\nConnection: close\r\n", reply.status);
  if (!reply.api_version.empty()) bytes += "Api-Version: " + reply.api_version + "\r\nOstype: linux\r\n";
  if (reply.status != 204 && reply.status != 304)
    bytes += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", reply.type, reply.body.size());
  bytes += "\r\n";
  if (reply.status != 204 && reply.status != 304) bytes += reply.body;
  // A client that does not read gets no answer.
  if (write_all(client, bytes, Deadline(reply_limit))) ::shutdown(client, SHUT_WR);
}

void Server::serve_healer(Fd client) {
  const auto request = read_request(client.get(), Door::Healer);
  if (!request) return respond(client.get(), gate_.refused("request", "", request.error()));
  const auto verb = verb_of(*request);
  if (!verb) return respond(client.get(), gate_.refused("request", clip(request->path, 200), verb.error()));
  bool begun = false;
  ReplyStream stream;
  stream.client = client.get();
  stream.begin = [&]() -> Result<void> {
    begun = true;
    return write_all(client.get(),
                     "HTTP/1.1 200 OK\r\nServer: healer-guard\r\nHealer-Guard: 1\r\nConnection: close\r\n"
                     "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
                     Deadline(reply_limit));
  };
  stream.send = [&](std::string_view bytes) -> Result<void> {
    return write_all(client.get(), fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes), Deadline(reply_limit));
  };
  Reply reply = gate_.answer(*verb, stream);
  if (begun) {
    if (reply.status == 200) (void)write_all(client.get(), "0\r\n\r\n", Deadline(reply_limit));
    return;
  }
  if (const auto* ping = std::get_if<PingVerb>(&*verb); ping && ping->head_only) reply.body.clear();
  respond(client.get(), reply);
}

void Server::serve_engine(Fd client) {
  const auto request = read_request(client.get(), Door::Engine);
  respond(client.get(), request ? plugin_.answer(*request) : gate_.refused("plugin", "", request.error()));
}

void Server::serve_operator(Fd client) {
  const Deadline deadline(request_limit);
  std::string line;
  std::array<char, longest_line> buffer;
  while (line.find('\n') == std::string::npos && line.size() < longest_line) {
    const auto got = read_some(client.get(), buffer.data(), buffer.size(), deadline);
    if (!got || *got == 0) return;
    line.append(buffer.data(), *got);
  }
  (void)write_all(client.get(), gate_.operator_order(line.substr(0, line.find('\n'))), deadline);
}

}  // namespace healer::guard
