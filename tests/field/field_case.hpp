#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "field/notification_sink.hpp"
#include "support/engine/scripted_engine.hpp"
#include "support/healer_process.hpp"
#include "support/scripted_server.hpp"
#include "support/wait.hpp"

namespace healer::testing {

using namespace std::chrono_literals;

/// One situation from the field: a scripted engine with containers, the real healer, and a channel for its
/// notifications. A case looks at outcomes: orders that reached the engine, checks that reached applications,
/// and what healer says. When it fails, the orders, notifications and the end of healer's log are printed.
///
/// Each case has a plain neighbour, `canary`. Its checks are the clock of "nothing happens", so that a slow
/// machine gets the time it needs, and canary_is_healed() proves that healer heals at all.
class FieldCase {
 public:
  FieldCase();
  ~FieldCase();
  FieldCase(const FieldCase&) = delete;
  FieldCase& operator=(const FieldCase&) = delete;

  ScriptedEngine& engine() { return engine_; }
  NotificationSink& sink() { return sink_; }
  ScriptedContainer& canary() { return *canary_; }
  std::string file(const std::string& name) const { return folder_.file(name); }

  // --- the world
  /// A container as `make` describes it. Its apps listen if it runs.
  ScriptedContainer& container(const std::string& name, const Make& make = {});
  /// One more application of the container: at its own address, and published unless `published` is false.
  App& serve(ScriptedContainer& container, std::uint16_t port, bool published = true,
             std::optional<ScriptedServer::Tls> tls = std::nullopt);
  /// The container's next start makes its first app answer 200: a restart helps.
  void heals_by_restart(ScriptedContainer& container);
  /// A container of the same name in the place of the old one, with the events of a deployment.
  ScriptedContainer& replace(ScriptedContainer& old, const Make& make,
                             const std::function<void(ScriptedContainer&)>& prepare = {});
  /// Its events and its start, as of a container that the engine has just made.
  ScriptedContainer& deploy(const std::string& name, Make make,
                            const std::function<void(ScriptedContainer&)>& prepare = {});
  /// An address of the loopback that no other container of this process has.
  std::string new_address();

  // --- healer
  /// Starts healer, or starts it again, with quick settings; `more` replaces or adds settings, and an empty
  /// value removes one. Returns when healer watches the engine and has checked the canary.
  HealerProcess& start(const Settings& more = {});
  HealerProcess& healer() { return *healer_; }
  /// Ends healer in order, as an update of healer does; start() starts it again.
  void stop_healer();

  // --- time, measured by healer's own checks
  /// So many further checks reach the canary, one each 400 ms.
  void canary_checks(unsigned more);
  /// So many further checks reach the container's first app.
  void checked(const ScriptedContainer& container, unsigned more = 3);

  // --- outcomes; each is a CHECK and returns whether it held. They wait for what is to
  // come without haste; speed_test.cpp alone is about times.
  /// The number of calls so far that change the container: restart, start, stop, kill, create, remove.
  std::size_t orders(const std::string& name) const;
  /// Nothing is ordered about the containers while healer makes so many checks of the canary.
  bool untouched(const std::vector<std::string>& names, unsigned checks = 10);
  /// A restart or a start is ordered, beyond the first `before` orders.
  bool healed(const std::string& name, std::size_t before = 0);
  /// At most so many orders that give the container a new instance while healer makes so many checks.
  bool attempted_at_most(const std::string& name, std::size_t most, unsigned checks);
  /// A notification about the workload contains the expression.
  bool notified(const std::string& name, const std::string& expression);
  /// At most so many notifications about the workload until now.
  bool notified_at_most(const std::string& name, std::size_t most);
  /// A notification, the status or the explanation of the workload contains the expression.
  bool hinted(const std::string& name, const std::string& expression);
  /// `healer status` shows the condition.
  bool has_condition(const std::string& name, const std::string& condition);
  /// The canary begins to answer 503 and is restarted.
  bool canary_is_healed();

  /// The condition holds within the limit; no CHECK.
  bool holds(const std::function<bool()>& condition, std::chrono::seconds limit) const;

 private:
  bool expect(bool good, const std::string& otherwise);
  std::string report() const;

  TemporaryFolder folder_;
  ScriptedEngine engine_;
  NotificationSink sink_;
  ScriptedContainer* canary_ = nullptr;
  std::unique_ptr<HealerProcess> healer_;
  int exceptions_before_;
  bool failed_ = false;
};

/// The labels of compose for one container of a service.
Labels compose_labels(const std::string& project, const std::string& service, unsigned number = 1);
/// A server's certificate and key, made once. With the flag the server demands a client certificate.
ScriptedServer::Tls server_tls(bool demands_client_certificate = false);

}  // namespace healer::testing
