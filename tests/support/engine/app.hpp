#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/scripted_server.hpp"

namespace healer::testing {

/// A port of this address that nothing listens at. Below the range from which the kernel takes ports for
/// outgoing connections, so that a listener that closes can open again.
std::uint16_t free_port(const std::string& address);

/// An application of a container: real listeners at one or more places, whose answer can change at any time.
class App {
 public:
  /// Who listens: the container itself, or the engine's userland proxy at a published port.
  enum class Side { Own, Published };
  using Reply = ScriptedServer::Reply;

  explicit App(std::optional<ScriptedServer::Tls> tls = std::nullopt);
  ~App() { down(); }
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// The HTTP answer to every later request; `headers` are lines that end with \r\n.
  void say(int status, std::string_view body = "ok", std::string_view headers = {});
  /// The complete answer for each later request.
  void say(Reply reply);
  /// These bytes are the answer to every later request, whatever they are.
  void say_bytes(std::string bytes);
  /// A protocol whose server speaks first. Empty: it waits in silence for the client.
  void greet(std::string bytes);
  /// Accepts connections, and never answers.
  void hang();
  /// Accepts connections, and closes them without a byte.
  void close_at_once();
  /// Drives every later connection.
  void follow(ScriptedServer::Script script);

  /// One more place, which listens when the app is up. Port 0: a free one. Returns the port.
  std::uint16_t add_place(const std::string& address, std::uint16_t port = 0, Side side = Side::Own);
  void up();
  void down();
  void up(Side side);
  void down(Side side);

  /// The number of connections so far.
  std::size_t checks() const;
  /// The HTTP requests so far.
  std::vector<SeenRequest> requests() const;
  /// What clients of greet() have sent, and how many of them ended with a TCP reset.
  std::string received() const;
  std::size_t resets() const;

 private:
  struct Place {
    ScriptedServer::Place place;
    Side side;
    std::unique_ptr<ScriptedServer> server;
  };
  void open(Place& place);
  void serve(Peer& peer);

  std::optional<ScriptedServer::Tls> tls_;
  std::mutex changing_;  // of places_
  std::vector<std::unique_ptr<Place>> places_;
  bool own_up_ = false;
  bool published_up_ = false;
  mutable std::mutex mutex_;  // of what follows
  ScriptedServer::Script script_;
  std::size_t checks_ = 0;
  std::vector<SeenRequest> requests_;
  std::string received_;
  std::size_t resets_ = 0;
};

/// An HTTP answer after which the server closes; `headers` are lines that end with \r\n.
std::string http_answer(int status, std::string_view body = "ok", std::string_view headers = {});

}  // namespace healer::testing
