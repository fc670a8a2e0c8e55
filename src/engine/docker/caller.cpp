#include "engine/docker/caller.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "net/loop.hpp"

namespace healer::docker {
namespace {

constexpr std::size_t order_answer_cap = 64 * 1024;

}  // namespace

Caller::Caller(net::Loop& loop, DockerEngineSettings settings)
    : loop_(loop), settings_(std::move(settings)), client_(loop) {}

std::string Caller::versioned(const std::string& path) const {
  return version_ ? fmt::format("/v{}{}", to_string(*version_), path) : path;
}

net::HttpCall Caller::unversioned_question(std::string path) const {
  net::HttpCall call;
  call.endpoint = settings_.endpoint;
  call.target = std::move(path);
  call.deadline = settings_.call_deadline;
  call.body_cap = settings_.answer_cap;
  call.keep_alive = true;
  return call;
}

net::HttpCall Caller::order(const std::string& path, Duration deadline, std::string json) const {
  net::HttpCall call;
  call.endpoint = settings_.endpoint;
  call.method = "POST";
  call.target = versioned(path);
  if (!json.empty()) call.headers = {{"Content-Type", "application/json"}};
  call.body = std::move(json);
  call.deadline = deadline;
  call.body_cap = order_answer_cap;
  return call;
}

void Caller::later(std::function<void()> work) {
  loop_.post([life = std::weak_ptr<bool>(alive_), work = std::move(work)] {
    if (!life.expired()) work();
  });
}

Error Caller::no_answer(const std::string& what, Error error) const {
  // Over a unix socket, only the socket's permissions give Refused.
  if (error.code == ErrorCode::Refused && std::holds_alternative<net::UnixEndpoint>(settings_.endpoint))
    error.message += " (is this user in the docker group, or the socket's group added to the container?)";
  return named(what, std::move(error));
}

Error named(const std::string& what, Error error) {
  error.message = what + ": " + error.message;
  return error;
}

Error status_error(const std::string& what, const net::HttpAnswer& answer) {
  const std::string message = error_message(answer.body);
  const auto say = [&](ErrorCode code, std::string_view hint = "") {
    return Error{code, fmt::format("{}: the engine answered {}{}{}{}", what, answer.status,
                                   message.empty() ? "" : ": ", message, hint)};
  };
  switch (answer.status) {
    case 400:
      if (message.find("client version") != std::string::npos)
        return say(ErrorCode::Protocol,
                   " (the API version is negotiated at each connect; is DOCKER_API_VERSION set?)");
      return say(ErrorCode::Protocol);
    case 401:
    case 403:
    case 405:
      return say(ErrorCode::Refused, " (a socket proxy or an authorization plugin forbids it)");
    case 404:
      // A path that the engine does not know is not a missing container.
      return say(message.find("page not found") == std::string::npos ? ErrorCode::NotFound
                                                                     : ErrorCode::Protocol);
    case 409:
      return say(ErrorCode::Conflict);
    default:
      return say(answer.status >= 500 ? ErrorCode::PeerFailure : ErrorCode::Protocol);
  }
}

bool fit_for_path(std::string_view id) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.' || c == '-'; };
  return !id.empty() && id.size() <= 256 && id != "." && id != ".." &&
         std::all_of(id.begin(), id.end(), fits);
}

Error unfit(const std::string& what, std::string_view id) {
  return {ErrorCode::InvalidInput,
          fmt::format("{} \"{}\": no container id or name", what, clip(printable(id), 60))};
}

std::string short_id(const std::string& id) {
  return clip(id, id.size() == 64 ? 15 : 60);
}

std::string seconds_text(Duration duration) {
  return std::to_string((duration.count() + 999) / 1000);
}

}  // namespace healer::docker
