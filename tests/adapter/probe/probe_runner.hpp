#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/loop.hpp"
#include "probe/socket_prober.hpp"
#include "support/loop_wait.hpp"

namespace healer::testing {

/// A prober, its loop and all its results.
class ProbeRunner {
 public:
  ProbeRunner() {
    const auto sink = [this](ProbeId id, ProbeFacts facts) {
      answers[id].push_back(std::move(facts));
      order.push_back(id);
      if (on_answer) on_answer(id);
    };
    auto made = SocketProber::create(loop, sink, [this] { return wall; });
    REQUIRE(made.has_value());
    prober = std::move(*made);
  }

  ProbeId start(ProbeTarget target, Duration timeout = 20s) {
    const ProbeId id{++last_id_};
    const std::size_t before = order.size();
    prober->start(id, std::make_shared<const ProbeTarget>(std::move(target)), timeout);
    CHECK_MESSAGE(order.size() == before, "answered from inside start()");
    return id;
  }

  /// Waits for the one result.
  ProbeFacts answer_of(ProbeId id) {
    REQUIRE(run_until(loop, [&] { return answers.count(id) > 0; }));
    CHECK(answers[id].size() == 1);
    return answers[id].front();
  }

  ProbeFacts ask(ProbeTarget target, Duration timeout = 20s) {
    return answer_of(start(std::move(target), timeout));
  }

  /// Runs every handler that is ready now, without waiting.
  void run_ready() {
    loop.context().restart();
    loop.context().poll();
  }

  net::Loop loop;
  WallTime wall;
  std::map<ProbeId, std::vector<ProbeFacts>> answers;
  std::vector<ProbeId> order;
  std::function<void(ProbeId)> on_answer;
  std::unique_ptr<SocketProber> prober;

 private:
  std::uint64_t last_id_ = 0;
};

inline HttpTarget http(Endpoint endpoint, bool capture_body = false) {
  HttpTarget target;
  target.endpoint = std::move(endpoint);
  target.path = "/health";
  target.capture_body = capture_body;
  return target;
}

inline HttpTarget http_on(std::uint16_t port, bool capture_body = false) {
  return http({"127.0.0.1", port}, capture_body);
}

inline HttpTarget https_on(std::uint16_t port, bool verify = false) {
  HttpTarget target = http_on(port);
  target.tls = true;
  target.tls_verify = verify;
  return target;
}

inline TcpTarget tcp_on(std::uint16_t port, std::size_t banner_bytes = 0) {
  return TcpTarget{{"127.0.0.1", port}, banner_bytes};
}

inline GrpcTarget grpc_on(std::uint16_t port, std::string service = {}) {
  GrpcTarget target;
  target.endpoint = {"127.0.0.1", port};
  target.service = std::move(service);
  return target;
}

}  // namespace healer::testing
