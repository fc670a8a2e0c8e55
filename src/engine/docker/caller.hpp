#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "engine/docker/json_engine.hpp"
#include "engine/docker/settings.hpp"
#include "net/http_client.hpp"

namespace healer::net {
class Loop;
}

namespace healer::docker {

/// What every call to the engine shares: where it is, the version spoken, the connections, and the words of
/// its errors. Calls complete on the loop, never from inside; destroying it cancels them all, and no callback
/// is called after.
class Caller {
 public:
  using Answered = std::function<void(Result<net::HttpAnswer>)>;
  using CallId = net::HttpClient::CallId;

  Caller(net::Loop& loop, DockerEngineSettings settings);

  net::Loop& loop() { return loop_; }
  const DockerEngineSettings& settings() const { return settings_; }
  /// The version agreed on; before it is known, paths carry none.
  std::optional<ApiVersion> version() const { return version_; }
  void speak(ApiVersion version) { version_ = version; }

  /// GET of `path`, over a shared connection, limited by call_deadline and answer_cap.
  net::HttpCall question(const std::string& path) const { return unversioned_question(versioned(path)); }
  net::HttpCall unversioned_question(std::string path) const;
  /// POST (or another method) to `path` on a connection of its own, never repeated. `json`: the body; empty:
  /// none.
  net::HttpCall order(const std::string& path, Duration deadline, std::string json = {}) const;

  CallId call(net::HttpCall call, Answered done) { return client_.call(std::move(call), std::move(done)); }
  CallId stream(net::HttpCall call, net::HttpStreamHandlers handlers) {
    return client_.stream(std::move(call), std::move(handlers));
  }
  /// Ends it without calling anything; unknown and ended ids are ignored.
  void cancel(CallId id) { client_.cancel(id); }
  /// Completes what is not even sent: on the loop, and not when this object is gone by then.
  void later(std::function<void()> work);

  /// The error of a call that got no answer. `what` says what was asked: "inspect 0123".
  Error no_answer(const std::string& what, Error error) const;

 private:
  std::string versioned(const std::string& path) const;

  net::Loop& loop_;
  DockerEngineSettings settings_;
  std::optional<ApiVersion> version_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::HttpClient client_;  // last: it goes first, and with it every callback
};

/// What an answer of no use means: 401, 403, 405 Refused; 404 NotFound (Protocol for a path that the engine
/// does not know); 409 Conflict; 5xx PeerFailure; else Protocol. `what` says what was asked.
Error status_error(const std::string& what, const net::HttpAnswer& answer);
inline bool succeeded(const net::HttpAnswer& answer) {
  return answer.status >= 200 && answer.status <= 299;
}

/// The same error, with what was asked before it.
Error named(const std::string& what, Error error);

/// Ids and names, of both engines: nothing that could change the meaning of a path.
bool fit_for_path(std::string_view id);
/// InvalidInput: `id` is not fit for a path.
Error unfit(const std::string& what, std::string_view id);
/// An id as operators know it; a name as it is.
std::string short_id(const std::string& id);
/// Whole seconds, as the API takes them, rounded up: less than asked would cut a stop short.
std::string seconds_text(Duration duration);

}  // namespace healer::docker
