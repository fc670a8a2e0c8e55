// CPU time of an HTTP check: SocketProber and a raw epoll client, in one process, against loopback servers in
// child processes. Only the user and system time of this process counts, not that of the servers.
//
//     check_cost [CHECKS [CONCURRENCY [ROUNDS]]]      default 100000 100 10
//
// Each client does CHECKS checks, in ROUNDS turns that alternate, so that other load on the machine affects
// both clients alike.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "loopback_server.hpp"
#include "net/loop.hpp"
#include "probe/http_request.hpp"
#include "probe/socket_prober.hpp"
#include "raw_client.hpp"

namespace healer::bench {
namespace {

constexpr std::size_t server_count = 8;  // number of ports: with one, its TIME_WAIT sockets slow connect()

struct Cost {
  double user = 0;
  double system = 0;
  double total() const { return user + system; }
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

Cost used_so_far() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {seconds(usage.ru_utime), seconds(usage.ru_stime)};
}

void add_since(Cost before, Cost& sum) {
  const Cost now = used_so_far();
  sum.user += now.user - before.user;
  sum.system += now.system - before.system;
}

/// Runs `concurrency` checks at a time, with one prober for all turns, as the daemon does.
class ProberSide {
 public:
  explicit ProberSide(std::vector<ProbeTargetPtr> targets) : targets_(std::move(targets)) {
    auto made = SocketProber::create(
        loop_, [this](ProbeId, const ProbeFacts& facts) { answered(facts); }, [] { return WallTime{}; });
    if (!made) {
      std::fprintf(stderr, "%s\n", made.error().message.c_str());
      std::exit(1);
    }
    prober_ = std::move(*made);
  }

  std::size_t run(std::size_t checks, std::size_t concurrency) {
    good_ = 0;
    left_ = checks;
    for (std::size_t i = 0; i < std::min(concurrency, checks); ++i) ask();
    loop_.context().restart();
    loop_.run();
    return good_;
  }

 private:
  void ask() {
    --left_;
    ++asked_;
    prober_->start(ProbeId{asked_}, targets_[asked_ % targets_.size()], Duration{5000});
  }
  void answered(const ProbeFacts& facts) {
    if (facts.end == ProbeEnd::Answered && facts.status == 200) ++good_;
    if (left_ > 0) ask();
    if (prober_->open() == 0) loop_.stop();
  }

  net::Loop loop_;
  std::vector<ProbeTargetPtr> targets_;
  std::unique_ptr<SocketProber> prober_;
  std::size_t left_ = 0;
  std::size_t good_ = 0;
  std::uint64_t asked_ = 0;
};

std::size_t argument(int count, char** values, int at, std::size_t otherwise) {
  return at < count ? std::strtoull(values[at], nullptr, 10) : otherwise;
}

void print_row(const char* name, const Cost& cost, std::size_t checks) {
  const double each = 1e6 / static_cast<double>(checks);
  std::printf("| %-18s | %7.2f | %7.2f | %7.2f |\n", name, cost.user * each, cost.system * each,
              cost.total() * each);
}

int run(int count, char** values) {
  const std::size_t checks = std::max<std::size_t>(1, argument(count, values, 1, 100'000));
  const std::size_t concurrency = std::max<std::size_t>(1, argument(count, values, 2, 100));
  const std::size_t rounds = std::max<std::size_t>(1, argument(count, values, 3, 10));

  std::vector<int> listeners;
  std::vector<std::uint16_t> ports;
  std::vector<ProbeTargetPtr> targets;
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < server_count; ++i) {
    listeners.push_back(listen_on("127.0.0.1", 0));
    ports.push_back(port_of(listeners.back()));
    HttpTarget target;
    target.endpoint = {"127.0.0.1", ports.back()};
    target.path = "/health";
    write_http_request(target, requests.emplace_back());
    targets.push_back(std::make_shared<const ProbeTarget>(target));
  }
  in_child([&] { serve_forever(listeners, nullptr); });

  ProberSide prober(targets);
  Cost raw_cost, prober_cost;
  std::size_t raw_good = 0, prober_good = 0;
  const std::size_t per_round = checks / rounds;
  ask_raw(ports, 1000, concurrency, requests);  // warm-up, not counted
  prober.run(1000, concurrency);
  for (std::size_t round = 0; round < rounds; ++round) {
    Cost before = used_so_far();
    raw_good += ask_raw(ports, per_round, concurrency, requests);
    add_since(before, raw_cost);
    before = used_so_far();
    prober_good += prober.run(per_round, concurrency);
    add_since(before, prober_cost);
  }

  const std::size_t asked = per_round * rounds;
  const double ratio = prober_cost.total() / raw_cost.total();
  std::printf("### CPU per HTTP check\n\n");
  std::printf("%zu checks each, %zu at a time, %zu alternating rounds; microseconds of this process\n\n",
              asked, concurrency, rounds);
  std::printf("| client             |    user |  system |   total |\n|---|---:|---:|---:|\n");
  print_row("raw epoll", raw_cost, asked);
  print_row("SocketProber", prober_cost, asked);
  std::printf("\nratio %.2f (wanted: at most 1.30)\n", ratio);
  if (raw_good != asked || prober_good != asked) {
    std::printf("NOT ALL ANSWERED: raw %zu, prober %zu of %zu\n", raw_good, prober_good, asked);
    return 1;
  }
  return ratio <= 1.3 ? 0 : 1;
}

}  // namespace
}  // namespace healer::bench

int main(int count, char** values) {
  return healer::bench::run(count, values);
}
