#include "engine/docker/inspects.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/docker/json_exec.hpp"
#include "engine/docker/operator_command.hpp"

namespace healer::docker {

using net::HttpAnswer;

struct Inspects::Look {
  std::string what;
  Done done;
  Inspected facts;
  ImageEvidence image;
  std::optional<Error> failed;
  std::size_t open = 1;  ///< parts without an answer, and one until all parts are begun
};

void Inspects::inspect(std::string id, Done done) {
  if (!fit_for_path(id))
    return caller_.later(
        [done = std::move(done), error = unfit("inspect", id)] { done(tl::unexpected(error)); });
  waiting_.push_back({std::move(id), std::move(done), std::chrono::steady_clock::now()});
  next();
}

void Inspects::connected(Product product) {
  product_ = product;
  images_.forget_refusal();
  networks_.forget();
}

void Inspects::next() {
  while (open_ < caller_.settings().inspects_at_once && !waiting_.empty()) {
    Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    ++open_;
    begin(std::move(first));
  }
}

void Inspects::begin(Waiting waiting) {
  const auto look = std::make_shared<Look>();
  look->what = "inspect " + short_id(waiting.id);
  look->done = std::move(waiting.done);
  // If the engine does not answer, the waiting inspects fail together, not one deadline after another.
  const Duration longest = caller_.settings().longest_queueing;
  if (std::chrono::steady_clock::now() - waiting.since > longest)
    return caller_.later([this, look, longest] {
      answered(look, failure(ErrorCode::Timeout,
                             fmt::format("waited {} ms in line behind other inspects", longest.count())));
    });
  caller_.call(caller_.question("/containers/" + waiting.id + "/json"),
               [this, look](const Result<HttpAnswer>& answer) { answered(look, answer); });
}

void Inspects::answered(const std::shared_ptr<Look>& look, const Result<HttpAnswer>& answer) {
  if (!answer) return finish(look, tl::unexpected(caller_.no_answer(look->what, answer.error())));
  if (answer->status != 200) return finish(look, tl::unexpected(status_error(look->what, *answer)));
  auto facts = parse_inspect(answer->body, product_);
  if (!facts) return finish(look, tl::unexpected(named(look->what, facts.error())));
  look->facts = std::move(*facts);
  secrets_.learn(look->facts.container.id, std::move(look->facts.secrets));
  ask_image(look);
  ask_networks(look);
  ask_execs(look);
  part_done(look);
}

void Inspects::ask_image(const std::shared_ptr<Look>& look) {
  if (!needs_image(look->facts.container)) return;
  ++look->open;
  images_.find(look->facts.container.image_id, [this, look](Result<ImageEvidence> evidence) {
    if (evidence)
      look->image = std::move(*evidence);
    else
      look->failed = evidence.error();
    part_done(look);
  });
}

void Inspects::ask_networks(const std::shared_ptr<Look>& look) {
  ++look->open;
  networks_.learn(look->facts.network_ids, [this, look] {
    auto& attachments = look->facts.container.networks;
    for (std::size_t i = 0; i < attachments.size(); ++i)
      attachments[i].driver = networks_.of(look->facts.network_ids[i]);
    part_done(look);
  });
}

void Inspects::ask_execs(const std::shared_ptr<Look>& look) {
  const auto& ids = look->facts.exec_ids;
  for (std::size_t i = 0; i < ids.size() && i < most_execs; ++i) {
    if (!fit_for_path(ids[i])) continue;
    ++look->open;
    caller_.call(caller_.question("/exec/" + ids[i] + "/json"),
                 [this, look](const Result<HttpAnswer>& answer) {
                   Container& container = look->facts.container;
                   if (answer && answer->status == 200) {
                     const auto state = parse_exec_state(answer->body);
                     if (state && state->running && !state->command.empty() &&
                         !is_health_check(state->command, look->facts.health_test) &&
                         !execs_.is_own(container.id, state->command) && container.operator_command.empty())
                       container.operator_command = first_word(state->command);
                   }
                   part_done(look);
                 });
  }
}

void Inspects::part_done(const std::shared_ptr<Look>& look) {
  if (--look->open > 0) return;
  if (look->failed) return finish(look, tl::unexpected(named(look->what, *look->failed)));
  belongs_to(look->facts, look->image);
  finish(look, std::move(look->facts.container));
}

void Inspects::finish(const std::shared_ptr<Look>& look, Result<Container> result) {
  --open_;
  next();
  const auto done = std::exchange(look->done, nullptr);
  done(std::move(result));
}

}  // namespace healer::docker
