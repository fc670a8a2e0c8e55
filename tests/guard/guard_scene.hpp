#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <boost/json/object.hpp>

#include "guard/rules.hpp"

namespace healer::guard::testing {

/// What came back for some bytes.
struct Answered {
  int status = 0;     ///< 0: no answer
  std::string bytes;  ///< all of it
  std::string body() const;
  /// Whether the guard refused, for this reason.
  bool refused_by(Rule rule) const;
};

/// A guard of this file; the file's folder gets its log. `plant`: a rule to take out, by the test build of
/// the guard. `option`: "--authz". Waits until its log has `ready`; throws with the log if it ends before.
pid_t launch_guard(const std::string& conf, const std::string& plant, const char* option,
                   const std::string& ready);

/// Reads until the peer closes (0 or less) or the answer is complete.
Answered collected(const std::function<long(char* into, std::size_t size)>& read);

/// Sends the bytes as one write, reads until the peer closes or the answer is complete.
Answered converse(const std::string& socket, const std::string& bytes);

std::string request(const std::string& method, const std::string& target, const std::string& body = {},
                    const std::string& headers = {});

/// A real engine with containers to attack, and a guard in front of it. Its folder is removed at the end, and
/// with it every container that the scene made.
class Scene {
 public:
  static constexpr unsigned client = 65532;

  /// `engine`: its socket; empty: the one of the environment.
  explicit Scene(const std::string& engine = {});
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  /// Skips the test (exit code 77) if there is no engine, or not the rights for the guard.
  static void need_engine();

  /// On the engine's own socket.
  Answered raw(const std::string& bytes) const { return converse(engine_, bytes); }
  /// At the guard, as healer's user or another one.
  Answered guarded(const std::string& bytes, unsigned user = client) const;
  /// At the operator's socket.
  Answered as_operator(const std::string& line, unsigned user) const;

  /// Creates and starts a container; `extra`: members of the body, `host`: of its HostConfig.
  std::string run(const std::string& name, const std::string& labels, const std::string& extra = {},
                  const std::string& host = {}, const std::string& image = "guard-test");
  std::string create(const std::string& name, const std::string& labels, const std::string& extra = {},
                     const std::string& host = {}, const std::string& image = "guard-test");
  void remove(const std::string& name);
  void ensure_running(const std::string& name);
  boost::json::object inspect(const std::string& name) const;
  std::string id_of(const std::string& name) const;
  std::string status_of(const std::string& name) const;
  /// "sha256:..."
  std::string image_id(const std::string& name) const;
  std::string started_at(const std::string& name) const;
  /// An image with these labels, from the test image: "monitored=true".
  void label_image(const std::string& name, const std::string& label);

  /// Starts a guard with these lines in its file, see launch_guard().
  void start_guard(const std::string& lines = {}, const std::string& plant = {},
                   const char* option = nullptr);
  void stop_guard(int signal);
  /// Removes the journal and the audit file.
  void forget();
  pid_t guard_pid() const { return guard_; }
  const std::string& folder() const { return folder_; }
  const std::string& engine() const { return engine_; }
  std::string guard_socket() const { return folder_ + "/guard.sock"; }
  /// Runs healer-guard with these arguments; its exit code and output.
  std::pair<int, std::string> command(const std::string& arguments) const;
  std::string audit() const;

 private:
  std::string engine_;
  std::string folder_;
  std::string engine_for_guard_;
  std::vector<std::string> names_;
  pid_t guard_ = -1;
};

/// Waits for a condition; false after a generous limit.
template <class Condition>
bool wait_for(Condition condition);

void pause_a_little();

template <class Condition>
bool wait_for(Condition condition) {
  constexpr int tries = 1200;  // a minute
  for (int i = 0; i < tries; ++i) {
    if (condition()) return true;
    pause_a_little();
  }
  return false;
}

}  // namespace healer::guard::testing
