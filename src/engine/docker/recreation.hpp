#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "engine/docker/caller.hpp"
#include "engine/docker/recreate_body.hpp"
#include "engine/docker/recreate_steps.hpp"
#include "engine/engine.hpp"
#include "net/loop.hpp"

namespace healer::docker {

/// The call failed, but the engine may have executed it.
inline bool may_be_done(const Error& error) {
  return error.code == ErrorCode::ConnectionLost || error.code == ErrorCode::Timeout;
}

/// The engine does not answer now: worth another try.
inline bool engine_away(const Error& error) {
  return may_be_done(error) || error.code == ErrorCode::Unreachable;
}

/// The text of one field of a JSON answer; empty if there is none.
std::string text_in(std::string_view answer, const char* field);

/// The facts that one look (look()) found about one container.
struct Found {
  Container facts;
  std::string image_id;
  bool runs() const {
    return facts.state == ContainerState::Running || facts.state == ContainerState::Restarting ||
           facts.state == ContainerState::Paused;
  }
};

/// The recreation of one container, by the steps of recreate_steps.hpp. See Recreator; `done` is called once.
/// recreation_look.cpp has the calls that read, recreation.cpp the calls that change something.
class Recreation {
 public:
  using Done = std::function<void(Result<std::string>)>;

  /// `networks`: Ids also names the image by its id.
  Recreation(Caller& caller, RecreateOrder order, NetworkNaming networks, Done done)
      : caller_(caller),
        networks_(networks),
        order_(std::move(order)),
        done_(std::move(done)),
        aside_name_(order_.name + "-" + order_.mark),
        new_name_(aside_name_ + "-new"),
        until_(std::chrono::steady_clock::now() + order_.deadline),
        pause_(caller.loop()) {}

  void begin();
  void resume();

 private:
  using Asked = std::function<void(Result<net::HttpAnswer>)>;
  using Looked = std::function<void(Result<std::optional<Found>>)>;

  /// What the last look found.
  struct Seen {
    std::optional<Found> old_one;
    std::optional<Found> new_one;
    std::optional<Found> named;  ///< the container with the name, if that is not the old one
  };
  struct Replacing {
    std::set<RecreateStep> steps;  ///< that were carried out
    std::size_t joined = 0;
    int removals = 0;
    std::optional<Error> doubt;  ///< the error of the last step, which may have been executed
  };
  /// What undoing must know, and says at its end.
  struct WayBack {
    bool begun = false;
    std::string failed_at;
    Error cause;
    bool touched = false;    ///< a stop or rename of the old container was sent
    bool ran = false;        ///< the old container ran before; assumed after resume()
    bool start_old = false;  ///< the old container must be started
    bool stop_in_doubt = false;
    bool create_in_doubt = false;
    int refusals = 0;
    std::map<RecreateStep, int> steps;
    std::string not_started;
    std::string left_behind;
  };

  void ask(const std::string& path, Asked asked);
  void find(const std::string& id, Looked looked);

  void on_original(const net::HttpAnswer& answer);
  void ask_image(bool by_reference);
  void plan(std::optional<std::string_view> image_json, std::string image);
  void check_owner(std::size_t index);

  void look();
  void look_for_new();
  void look_at_name();
  void seen();
  Sight sight() const;
  void decide_resumption();

  void replace_next();
  void undo_next();
  void remove_old();
  void carry_out(RecreateStep step);
  net::HttpCall call_of(RecreateStep step);
  void executed(RecreateStep step, const Result<net::HttpAnswer>& answer);
  void step_failed(RecreateStep step, Error error);
  void undo_step_failed(RecreateStep step, const Error& error);

  void refuse(Error error);
  void undo(const std::string& what, Error error);
  void undone();
  void unfinished(const std::string& what, const Error& error);
  void finish(Result<std::string> result);
  std::string how_the_old_one_is() const;

  Duration left() const;
  std::string prefix() const;

  Caller& caller_;
  const NetworkNaming networks_;
  RecreateOrder order_;
  Done done_;
  const std::string aside_name_;
  const std::string new_name_;
  std::chrono::steady_clock::time_point until_;
  net::Timer pause_;

  Original original_;
  std::string original_json_;
  std::optional<RecreationPlan> plan_;  ///< empty after resume()
  std::string new_id_;                  ///< empty until known
  bool resumed_ = false;
  bool decided_ = false;  ///< after resume(): the Resumption was chosen
  Seen seen_;
  Replacing replacing_;
  WayBack back_;
};

}  // namespace healer::docker
