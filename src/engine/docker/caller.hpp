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
#include "engine/engine.hpp"
#include "net/http_client.hpp"

namespace healer::net {
class Loop;
}

namespace healer::docker {

/// Shared by all calls to the engine: the endpoint, the API version, the connections and the texts of errors.
/// Callbacks run on the loop, never before call() returns. The destructor cancels all calls; no callback is
/// called afterwards.
class Caller {
 public:
  using Answered = std::function<void(Result<net::HttpAnswer>)>;
  using CallId = net::HttpClient::CallId;

  Caller(net::Loop& loop, DockerEngineSettings settings);

  net::Loop& loop() { return loop_; }
  const DockerEngineSettings& settings() const { return settings_; }
  /// The negotiated API version; while it is empty, paths have no version.
  std::optional<ApiVersion> version() const { return version_; }
  void speak(ApiVersion version) { version_ = version; }

  /// A GET of `path` over a shared connection, limited by call_deadline and answer_cap.
  net::HttpCall question(const std::string& path) const { return unversioned_question(versioned(path)); }
  net::HttpCall unversioned_question(std::string path) const;
  /// A POST (or another method) to `path` on a new connection, never repeated. `json`: the body; empty: none.
  net::HttpCall order(const std::string& path, Duration deadline, std::string json = {}) const;

  CallId call(net::HttpCall call, Answered done) { return client_.call(std::move(call), std::move(done)); }
  CallId stream(net::HttpCall call, net::HttpStreamHandlers handlers) {
    return client_.stream(std::move(call), std::move(handlers));
  }
  /// Ends the call without a callback; ignores unknown ids and ended calls.
  void cancel(CallId id) { client_.cancel(id); }
  /// Runs `work` on the loop, for a call that fails before it is sent; not if this object is destroyed first.
  void later(std::function<void()> work);

  /// For Engine::on_skipped.
  void on_skipped(std::function<void(const SkippedObject&)> skipped) { skipped_ = std::move(skipped); }
  void skipped(const SkippedObject& object) const {
    if (skipped_) skipped_(object);
  }

  /// The error of a call without an answer. `what` names the call: "inspect 0123".
  Error no_answer(const std::string& what, Error error) const;

 private:
  std::string versioned(const std::string& path) const;

  net::Loop& loop_;
  DockerEngineSettings settings_;
  std::optional<ApiVersion> version_;
  std::function<void(const SkippedObject&)> skipped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::HttpClient client_;  // last: destroyed first, together with all callbacks
};

/// The error of an unsuccessful status: 401, 403, 405 Refused; 404 NotFound (Protocol for a path that the
/// engine does not know); 409 Conflict; 5xx PeerFailure; else Protocol. `what` names the call.
Error status_error(const std::string& what, const net::HttpAnswer& answer);
inline bool succeeded(const net::HttpAnswer& answer) {
  return answer.status >= 200 && answer.status <= 299;
}

/// The same error with the name of the call before its message.
Error named(const std::string& what, Error error);

/// Whether an id or name of either engine has only characters that cannot change the meaning of a path.
bool fit_for_path(std::string_view id);
/// InvalidInput: `id` is not fit for a path.
Error unfit(const std::string& what, std::string_view id);
/// An id shortened for operators; a name unchanged.
std::string short_id(const std::string& id);
/// Whole seconds for the API, rounded up: a shorter timeout would cut a stop short.
std::string seconds_text(Duration duration);

}  // namespace healer::docker
