#include "support/engine/app.hpp"

#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <utility>

namespace healer::testing {

std::uint16_t free_port(const std::string& address) {
  constexpr unsigned first = 10'000;
  constexpr unsigned range = 20'000;  // the kernel's own ports begin at 32768
  static std::atomic<unsigned> next{static_cast<unsigned>(::getpid()) * 97};
  for (unsigned tries = 0; tries < range; ++tries) {
    const auto port = static_cast<std::uint16_t>(first + next++ % range);
    try {
      return ScriptedServer::on_place({address, port}, [](Peer&) {})->port();
    } catch (const std::runtime_error&) {
      continue;  // taken
    }
  }
  throw std::runtime_error("no free port at " + address);
}

App::App(std::optional<ScriptedServer::Tls> tls) : tls_(std::move(tls)) {
  say(200);
}

void App::say(int status, std::string_view body, std::string_view headers) {
  say_bytes(http_answer(status, body, headers));
}

void App::say_bytes(std::string bytes) {
  say([bytes = std::move(bytes)](const SeenRequest&) { return bytes; });
}

void App::say(Reply reply) {
  follow([this, reply = std::move(reply)](Peer& peer) {
    const auto request = peer.read_request();
    if (!request) return;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
    }
    peer.send(reply(*request));
  });
}

void App::greet(std::string bytes) {
  follow([this, bytes = std::move(bytes)](Peer& peer) {
    peer.send(bytes);
    const std::string said = peer.receive_all();
    const std::lock_guard lock(mutex_);
    received_ += said;
    if (peer.was_reset()) ++resets_;
  });
}

void App::hang() {
  follow([](Peer& peer) { peer.hang(); });
}

void App::close_at_once() {
  follow([](Peer&) {});
}

void App::follow(ScriptedServer::Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

void App::serve(Peer& peer) {
  ScriptedServer::Script script;
  {
    const std::lock_guard lock(mutex_);
    ++checks_;
    script = script_;
  }
  script(peer);
}

std::uint16_t App::add_place(const std::string& address, std::uint16_t port, Side side) {
  const std::lock_guard lock(changing_);
  auto& added = places_.emplace_back(std::make_unique<Place>());
  added->place = {address, port != 0 ? port : free_port(address)};
  added->side = side;
  if (side == Side::Own ? own_up_ : published_up_) open(*added);
  return added->place.port;
}

void App::open(Place& place) {
  if (!place.server)
    place.server = ScriptedServer::on_place(
        place.place, [this](Peer& peer) { serve(peer); }, tls_);
}

void App::up(Side side) {
  const std::lock_guard lock(changing_);
  (side == Side::Own ? own_up_ : published_up_) = true;
  for (auto& place : places_)
    if (place->side == side) open(*place);
}

void App::down(Side side) {
  const std::lock_guard lock(changing_);
  (side == Side::Own ? own_up_ : published_up_) = false;
  for (auto& place : places_)
    if (place->side == side) place->server.reset();
}

void App::up() {
  up(Side::Own);
  up(Side::Published);
}

void App::down() {
  down(Side::Published);
  down(Side::Own);
}

std::size_t App::checks() const {
  const std::lock_guard lock(mutex_);
  return checks_;
}

std::vector<SeenRequest> App::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string App::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

std::size_t App::resets() const {
  const std::lock_guard lock(mutex_);
  return resets_;
}

std::string http_answer(int status, std::string_view body, std::string_view headers) {
  return answer(status, body, "text/plain", std::string(headers) + "Connection: close\r\n");
}

}  // namespace healer::testing
