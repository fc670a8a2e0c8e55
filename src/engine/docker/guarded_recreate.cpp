#include "engine/docker/guarded_recreate.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "engine/docker/caller.hpp"
#include "engine/docker/recreation.hpp"
#include "net/loop.hpp"

namespace healer::docker {
namespace {

using net::HttpAnswer;

constexpr Duration longest_wait{10'000};
constexpr Duration pause_between_looks{500};
/// The engine did not answer the guard, which finishes the recreation later.
constexpr int not_finished = 504;

}  // namespace

GuardedRecreator::GuardedRecreator(Caller& caller) : caller_(caller) {}

GuardedRecreator::~GuardedRecreator() = default;

void GuardedRecreator::recreate(const RecreateOrder& order, Done done) {
  for (const std::string* part : {&order.container_id, &order.network_parent, &order.mark})
    if (!part->empty() && !fit_for_path(*part))
      return caller_.later(
          [done = std::move(done), error = unfit("recreate", *part)] { done(tl::unexpected(error)); });
  std::string path = fmt::format("/containers/{}/recreate?mark={}", order.container_id, order.mark);
  if (order.stop_timeout) path += "&t=" + seconds_text(*order.stop_timeout);
  if (!order.network_parent.empty()) path += "&parent=" + order.network_parent;
  const std::string what = "recreate " + clip(order.name, 80);
  caller_.call(caller_.order(path, order.deadline),
               [this, what, done = std::move(done)](const Result<HttpAnswer>& answer) {
                 if (!answer) {
                   Error error = caller_.no_answer(what, answer.error());
                   if (may_be_done(error)) error.code = ErrorCode::ConnectionLost;
                   return done(tl::unexpected(std::move(error)));
                 }
                 if (answer->status == 201) return done(text_in(answer->body, "Id"));
                 Error error = status_error(what, *answer);
                 if (answer->status == not_finished) error.code = ErrorCode::ConnectionLost;
                 done(tl::unexpected(std::move(error)));
               });
}

void GuardedRecreator::resume(const RecreateOrder& order, Done done) {
  if (!fit_for_path(order.name))
    return caller_.later(
        [done = std::move(done), error = unfit("recreate", order.name)] { done(tl::unexpected(error)); });
  look(order, std::chrono::steady_clock::now() + longest_wait, done);
}

void GuardedRecreator::look(const RecreateOrder& order, std::chrono::steady_clock::time_point until,
                            const Done& done) {
  caller_.call(
      caller_.question("/containers/" + order.name + "/json"),
      [this, order, until, done](const Result<HttpAnswer>& answer) {
        const std::string what = "recreate " + clip(order.name, 80);
        if (!answer) {
          Error error = caller_.no_answer(what, answer.error());
          error.code = ErrorCode::ConnectionLost;
          return done(tl::unexpected(std::move(error)));
        }
        const std::string id = answer->status == 200 ? text_in(answer->body, "Id") : std::string();
        if (!id.empty() && id != order.container_id) return done(id);
        if (std::chrono::steady_clock::now() < until) {
          auto& pause = pauses_[++last_];
          pause = std::make_unique<net::Timer>(caller_.loop());
          return pause->set_after(pause_between_looks, [this, number = last_, order, until, done] {
            const auto ended = pauses_.extract(number);
            look(order, until, done);
          });
        }
        if (id == order.container_id)
          return done(failure(ErrorCode::Conflict,
                              what + ": healer ended while it was recreated; the old container is back"));
        done(failure(ErrorCode::NotFound,
                     what + ": healer ended while it was recreated; no container has its name"));
      });
}

}  // namespace healer::docker
