#include "fake_engine.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace healer::bench {

namespace {

constexpr std::int64_t reaction_limit = 2'000'000'000;
constexpr std::int64_t pause_between = 10'000'000;  // ns; healer ends its work on one restart before the next

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::string answer(int status, std::string_view body, std::string_view extra = {}) {
  return fmt::format("HTTP/1.1 {} Said\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{}",
                     status, extra, body.size(), body);
}

struct Client {
  std::string in;
  std::string out;
  bool stream = false;
};

class FakeEngine {
 public:
  FakeEngine(const std::string& path, std::vector<FakeContainer> containers, Board& board)
      : containers_(std::move(containers)), board_(board), poller_(epoll_create1(EPOLL_CLOEXEC)) {
    listen(path);
    list_ = "[";
    for (const FakeContainer& container : containers_) {
      if (list_.size() > 1) list_ += ',';
      list_ += list_entry_json(container);
    }
    list_ += "]";
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 64> events;
    for (;;) {
      const int count = epoll_wait(poller_, events.data(), static_cast<int>(events.size()), 1);
      for (int i = 0; i < count; ++i) {
        const int socket = events[static_cast<std::size_t>(i)].data.fd;
        if (socket == listener_) {
          accept_all();
        } else {
          serve(socket);
        }
      }
      react();
    }
  }

 private:
  void listen(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) die("socket path too long");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    ::unlink(path.c_str());
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener_ < 0) die("socket");
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
    if (::listen(listener_, 256) != 0) die("listen");
    add(listener_, EPOLLIN);
  }

  void add(int socket, std::uint32_t wanted) {
    epoll_event event{};
    event.events = wanted;
    event.data.fd = socket;
    if (epoll_ctl(poller_, EPOLL_CTL_ADD, socket, &event) != 0) die("epoll_ctl");
  }

  void accept_all() {
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket < 0) return;
      clients_[socket];
      add(socket, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
  }

  void serve(int socket) {
    Client& client = clients_[socket];
    std::array<char, 16384> buffer;
    ssize_t got = 0;
    while ((got = ::recv(socket, buffer.data(), buffer.size(), 0)) > 0)
      client.in.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN)) return drop(socket);
    // No request of healer has a body here: each ends with its head.
    std::size_t end = 0;
    while ((end = client.in.find("\r\n\r\n")) != std::string::npos) {
      const std::string head = client.in.substr(0, end);
      client.in.erase(0, end + 4);
      handle(client, head);
    }
    flush(socket, client);
  }

  void drop(int socket) {
    if (clients_[socket].stream) board_.streams.fetch_sub(1);
    clients_.erase(socket);
    ::close(socket);
  }

  void flush(int socket, Client& client) {
    while (!client.out.empty()) {
      const ssize_t sent = ::send(socket, client.out.data(), client.out.size(), MSG_NOSIGNAL);
      if (sent < 0) return;
      client.out.erase(0, static_cast<std::size_t>(sent));
    }
  }

  void handle(Client& client, std::string_view head) {
    const std::size_t space = head.find(' ');
    const std::string_view method = head.substr(0, space);
    std::string_view path = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
    path = path.substr(0, path.find('?'));
    if (path.starts_with("/v1.")) path.remove_prefix(path.find('/', 1));
    constexpr std::string_view containers = "/containers/";
    if (path == "/_ping") {
      client.out += answer(200, "OK", "Api-Version: 1.45\r\nServer: Docker/26.1.5 (linux)\r\n");
    } else if (path == "/version") {
      client.out += answer(
          200,
          R"({"Platform":{"Name":"bench"},"Version":"26.1.5","ApiVersion":"1.45","MinAPIVersion":"1.24",)"
          R"("Os":"linux","Arch":"amd64","Components":[{"Name":"Engine","Version":"26.1.5"}]})");
    } else if (path == "/containers/json") {
      client.out += answer(200, list_);
    } else if (path == "/events") {
      client.stream = true;
      client.out += "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
      board_.streams.fetch_add(1);
    } else if (path.starts_with(containers)) {
      const std::string_view rest = path.substr(containers.size());
      const auto number = number_of(rest.substr(0, rest.find('/')));
      const std::string_view what = rest.substr(rest.find('/') + 1);
      if (!number || *number >= containers_.size()) {
        client.out += answer(404, R"({"message":"No such container"})");
      } else if (method == "GET" && what == "json") {
        board_.inspects.fetch_add(1);
        client.out += answer(200, inspect_json(containers_[*number]));
      } else if (method == "GET" && what == "logs") {
        client.out += answer(200, log_stream());
      } else if (method == "GET" && what == "top") {
        client.out +=
            answer(200, R"({"Titles":["UID","PID","CMD"],"Processes":[["root","1","/bin/service"]]})");
      } else if (method == "GET" && what == "stats") {
        client.out += answer(200, R"({"memory_stats":{"usage":52428800,"limit":104857600,"stats":{}}})");
      } else if (method == "POST" && what == "restart") {
        restart(containers_[*number]);
        client.out += answer(204, "");
      } else {
        client.out += answer(404, R"({"message":"page not found"})");
      }
    } else {
      client.out += answer(404, R"({"message":"page not found"})");
    }
  }

  /// A hundred log lines in the engine's stream format: 8 bytes of head before each line.
  static const std::string& log_stream() {
    static const std::string stream = [] {
      std::string all;
      for (int i = 0; i < 100; ++i) {
        const std::string line = fmt::format(
            "2026-11-22T10:00:00.{:09}Z request {} took {} ms and was answered with 200\n", i, i, i * 7);
        const auto size = static_cast<unsigned>(line.size());
        const char head[] = {1,
                             0,
                             0,
                             0,
                             static_cast<char>(size >> 24),
                             static_cast<char>(size >> 16),
                             static_cast<char>(size >> 8),
                             static_cast<char>(size)};
        all.append(head, sizeof head);
        all += line;
      }
      return all;
    }();
    return stream;
  }

  void restart(FakeContainer& container) {
    const std::int64_t now = now_ns();
    if (waiting_for_ && *waiting_for_ == container.number) {
      board_.reaction[board_.reactions_done.load()] = now - event_at_;
      end_reaction(now);
    } else {
      board_.unexplained_orders.fetch_add(1);
    }
    emit(event_json(container, "kill", R"(,"signal":"15")"));
    emit(event_json(container, "die", R"(,"exitCode":"143")"));
    emit(event_json(container, "stop"));
    container.started = unix_ns();
    container.health = "starting";
    emit(event_json(container, "start"));
    emit(event_json(container, "restart"));
  }

  void emit(const std::string& event) {
    for (auto& [socket, client] : clients_) {
      if (!client.stream) continue;
      client.out += fmt::format("{:x}\r\n{}\n\r\n", event.size() + 1, event);
      flush(socket, client);
    }
  }

  void react() {
    const std::int64_t now = now_ns();
    if (waiting_for_) {
      if (now - event_at_ < reaction_limit) return;
      board_.reactions_missed.fetch_add(1);
      board_.reaction[board_.reactions_done.load()] = reaction_limit;
      return end_reaction(now);
    }
    if (now < next_at_) return;
    if (recovering_) {
      FakeContainer& container = containers_[*std::exchange(recovering_, std::nullopt)];
      container.health = "healthy";
      emit(event_json(container, "health_status: healthy"));
      next_at_ = now + pause_between;
      return;
    }
    if (board_.reactions_done.load() >= board_.reactions_wanted.load()) return;
    while (next_unhealthy_ < containers_.size() && !containers_[next_unhealthy_].address.empty())
      ++next_unhealthy_;
    if (next_unhealthy_ >= containers_.size()) return;
    FakeContainer& container = containers_[next_unhealthy_++];
    container.health = "unhealthy";
    waiting_for_ = container.number;
    const std::string event = event_json(container, "health_status: unhealthy");
    event_at_ = now_ns();
    emit(event);
  }

  void end_reaction(std::int64_t now) {
    recovering_ = std::exchange(waiting_for_, std::nullopt);
    next_at_ = now + pause_between;
    board_.reactions_done.fetch_add(1);
  }

  std::vector<FakeContainer> containers_;
  Board& board_;
  int poller_;
  int listener_ = -1;
  std::string list_;
  std::map<int, Client> clients_;

  std::optional<std::size_t> waiting_for_;  // the unhealthy event is written, the restart is not read yet
  std::optional<std::size_t> recovering_;   // restarted, the healthy event is not written yet
  std::int64_t event_at_ = 0;
  std::int64_t next_at_ = 0;
  std::size_t next_unhealthy_ = 0;
};

}  // namespace

void run_fake_engine(const std::string& socket_path, std::vector<FakeContainer> containers, Board& board) {
  FakeEngine(socket_path, std::move(containers), board).run();
}

}  // namespace healer::bench
