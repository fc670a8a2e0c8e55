#include "app/probers.hpp"

#include <utility>

#include <fmt/format.h>

#include "app/log.hpp"
#include "base/duration.hpp"

namespace healer {
namespace {

FairProber::Alarm alarm_of(net::Timer& timer) {
  return [&timer](Duration delay, std::function<void()> work) { timer.set_after(delay, std::move(work)); };
}

FairProber::Late warn(Log& log, const char* checks, const char* limit) {
  return [&log, checks, limit](Duration waited) {
    log.write(LogLevel::Warning,
              fmt::format("{} wait for up to {}: the containers want more of them than limits: {} allows",
                          checks, format_duration(waited), limit));
  };
}

}  // namespace

Result<std::unique_ptr<Probers>> Probers::open(Parts parts, const LabelLimits& limits) {
  auto sockets = SocketProber::create(parts.loop, parts.sink, [&host = parts.host] { return host.wall(); });
  if (!sockets) return tl::unexpected(std::move(sockets.error()));
  return std::unique_ptr<Probers>(new Probers(std::move(parts), std::move(*sockets), limits));
}

Probers::Probers(Parts parts, std::unique_ptr<SocketProber> sockets, const LabelLimits& limits)
    : sockets_(std::move(sockets)),
      execs_(parts.engine, parts.host, parts.sink),
      exec_alarm_(parts.loop),
      socket_alarm_(parts.loop),
      fair_execs_({execs_, parts.host, alarm_of(exec_alarm_), parts.workload_of,
                   warn(parts.log, "checks by a command", "exec_rate")},
                  limits.exec_rate),
      fair_sockets_({*sockets_, parts.host, alarm_of(socket_alarm_), parts.workload_of,
                     warn(parts.log, "checks by address", "check_rate")},
                    limits.check_rate),
      routed_({fair_sockets_, fair_execs_}) {}

void Probers::set_rates(const LabelLimits& limits) {
  fair_execs_.set_rate(limits.exec_rate);
  fair_sockets_.set_rate(limits.check_rate);
}

}  // namespace healer
