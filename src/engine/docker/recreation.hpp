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

  Recreation(Caller& caller, RecreateOrder order, Done done)
      : caller_(caller),
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
  bool undoing_ = false;
  bool decided_ = false;  ///< after resume(): the Resumption was chosen

  // What the last look found.
  std::optional<Found> old_;
  std::optional<Found> new_;
  std::optional<Found> named_;  ///< the container with the name, if that is not the old one

  // While replacing.
  std::set<RecreateStep> steps_done_;
  std::size_t joined_ = 0;
  int removals_ = 0;
  std::optional<Error> doubt_;  ///< the error of the last step, which may have been executed

  // While undoing.
  std::string failed_at_;
  Error cause_;
  bool touched_ = false;    ///< a stop or rename of the old container was sent
  bool ran_ = false;        ///< the old container ran before; assumed after resume()
  bool start_old_ = false;  ///< the old container must be started
  bool stop_in_doubt_ = false;
  bool create_in_doubt_ = false;
  int refusals_ = 0;
  std::map<RecreateStep, int> steps_back_;
  std::string not_started_;
  std::string left_behind_;
};

}  // namespace healer::docker
