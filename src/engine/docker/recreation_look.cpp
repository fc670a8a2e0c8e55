#include "engine/docker/recreation.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/encode.hpp"
#include "base/text.hpp"
#include "engine/docker/json_container.hpp"
#include "engine/docker/json_fields.hpp"

namespace healer::docker {
namespace {

using net::HttpAnswer;

constexpr std::size_t shortest_id = 12;

/// The path of an image; a reference may contain characters that a path must encode. An id has none, and the
/// guard reads no encoded path.
std::string reference_path(const std::string& reference) {
  if (reference.starts_with("sha256:") &&
      reference.find_first_not_of("0123456789abcdef", 7) == std::string::npos)
    return "/images/" + reference + "/json";
  std::string path;
  for (const std::string& part : split(reference, '/')) {
    if (!path.empty()) path += '/';
    path += percent_encoded(part);
  }
  return "/images/" + path + "/json";
}

bool fit_reference(const std::string& reference) {
  const auto parts = split(reference, '/');
  return !reference.empty() && reference.size() <= 512 &&
         std::all_of(parts.begin(), parts.end(),
                     [](auto& part) { return !part.empty() && part != "." && part != ".."; });
}

}  // namespace

std::string text_in(std::string_view answer, const char* field) {
  const auto parsed = parse_json(answer, {});
  Fields::Problem ignored;
  return parsed && parsed->is_object() ? Fields(*parsed, ignored).text(field) : std::string();
}

// Calls that read.

Duration Recreation::left() const {
  const auto rest = std::chrono::duration_cast<Duration>(until_ - std::chrono::steady_clock::now());
  return std::max(rest, Duration{0});
}

/// A GET within the call's limit and the recreation's.
void Recreation::ask(const std::string& path, Asked asked) {
  if (left() == Duration{0})
    return caller_.later([asked = std::move(asked)] {
      asked(failure(ErrorCode::Timeout, "the time for the whole recreation is over"));
    });
  net::HttpCall call = caller_.question(path);
  call.deadline = std::min(call.deadline, left());
  caller_.call(std::move(call), std::move(asked));
}

/// Inspects one container by its id or full name; empty if there is none.
void Recreation::find(const std::string& id, Looked looked) {
  ask("/containers/" + id + "/json",
      [this, id, looked = std::move(looked)](const Result<HttpAnswer>& answer) {
        const std::string what = "inspect " + short_id(id);
        if (!answer) return looked(tl::unexpected(caller_.no_answer(what, answer.error())));
        if (answer->status == 404) {
          const Error error = status_error(what, *answer);
          if (error.code == ErrorCode::NotFound) return looked(std::optional<Found>());
          return looked(tl::unexpected(error));
        }
        if (answer->status != 200) return looked(tl::unexpected(status_error(what, *answer)));
        auto facts = parse_container(answer->body);
        if (!facts) return looked(tl::unexpected(named(what, facts.error())));
        // Engines also accept the beginning of an id in place of a name.
        const bool by_id = id.size() >= shortest_id && facts->id.starts_with(id);
        if (!by_id && facts->name != id) return looked(std::optional<Found>());
        looked(Found{std::move(*facts), text_in(answer->body, "Image")});
      });
}

// Before any change: reads the old container's configuration, its image's, and the containers whose
// namespaces it shares.

void Recreation::begin() {
  ask("/containers/" + order_.container_id + "/json", [this](const Result<HttpAnswer>& answer) {
    const std::string what = "inspect " + short_id(order_.container_id);
    if (!answer) return refuse(caller_.no_answer(what, answer.error()));
    if (answer->status != 200) return refuse(status_error(what, *answer));
    on_original(*answer);
  });
}

void Recreation::on_original(const HttpAnswer& answer) {
  auto original = read_original(answer.body);
  if (!original) return refuse(original.error());
  original_ = std::move(*original);
  original_json_ = answer.body;
  order_.container_id = original_.id;
  if (original_.name != order_.name)
    return refuse(
        {ErrorCode::Conflict, fmt::format("container {} is called \"{}\" now", short_id(original_.id),
                                          clip(printable(original_.name), 80))});
  back_.ran = back_.start_old = original_.ran;
  ask_image(networks_ == NetworkNaming::Names && fit_reference(original_.image));
}

/// Keeps the image reference if it still names the container's image, else takes the image's id: a reference
/// that names another image now would be a deployment, which is not healer's task.
void Recreation::ask_image(bool by_reference) {
  const std::string& asked_for = by_reference ? original_.image : original_.image_id;
  ask(reference_path(asked_for), [this, by_reference, asked_for](const Result<HttpAnswer>& answer) {
    const std::string what = "inspect image " + clip(printable(asked_for), 100);
    if (!answer) return refuse(caller_.no_answer(what, answer.error()));
    if (answer->status == 200 && text_in(answer->body, "Id") == original_.image_id)
      return plan(answer->body, asked_for);
    const Error error = answer->status == 200
                            ? Error{ErrorCode::Protocol, what + ": the engine answered with another image"}
                            : status_error(what, *answer);
    // A socket proxy may forbid access to images: then the image's settings are set explicitly.
    if (error.code == ErrorCode::Refused) return plan(std::nullopt, original_.image_id);
    if (by_reference) return ask_image(false);
    if (error.code == ErrorCode::NotFound)
      return refuse(
          {ErrorCode::NotFound, fmt::format("its image {} is gone: a new container could not be made",
                                            clip(original_.image_id, 19))});
    refuse(error);
  });
}

void Recreation::plan(std::optional<std::string_view> image_json, std::string image) {
  auto plan =
      plan_recreation(original_json_, image_json, {std::move(image), order_.network_parent, networks_});
  if (!plan) return refuse(plan.error());
  plan_ = std::move(*plan);
  original_json_.clear();
  check_owner(0);
}

/// Unless the owners run, neither the new container nor, once stopped, the old container can start.
void Recreation::check_owner(std::size_t index) {
  if (index == plan_->owners.size()) return look();
  const std::string owner = plan_->owners[index];
  if (!fit_for_path(owner)) return refuse(unfit("shared namespace of", owner));
  find(owner, [this, index, owner](const Result<std::optional<Found>>& found) {
    if (!found) return refuse(found.error());
    if (!*found)
      return refuse({ErrorCode::Conflict,
                     fmt::format("the container {} whose namespace it shares is gone; name its successor "
                                 "(network parent), or recreate both by hand",
                                 short_id(owner))});
    if (!(*found)->runs())
      return refuse(
          {ErrorCode::Conflict, fmt::format("the container {} whose namespace it shares does not run",
                                            clip((*found)->facts.name, 80))});
    check_owner(index + 1);
  });
}

// Looking: which containers exist under the id and the names.

void Recreation::resume() {
  resumed_ = true;
  back_.ran = back_.start_old = true;
  look();
}

void Recreation::look() {
  seen_.old_one.reset();
  seen_.new_one.reset();
  seen_.named.reset();
  find(order_.container_id, [this](Result<std::optional<Found>> found) {
    if (!found) return step_failed(RecreateStep::Lost, found.error());
    seen_.old_one = std::move(*found);
    look_for_new();
  });
}

void Recreation::look_for_new() {
  find(new_name_, [this](Result<std::optional<Found>> found) {
    if (!found) return step_failed(RecreateStep::Lost, found.error());
    seen_.new_one = std::move(*found);
    if (seen_.new_one) new_id_ = seen_.new_one->facts.id;
    if (seen_.old_one && seen_.old_one->facts.name == order_.name) return seen();
    look_at_name();
  });
}

void Recreation::look_at_name() {
  find(order_.name, [this](Result<std::optional<Found>> found) {
    if (!found) return step_failed(RecreateStep::Lost, found.error());
    seen_.named = std::move(*found);
    if (seen_.named && seen_.named->facts.id == order_.container_id)
      seen_.named.reset();  // renamed between two calls
    if (!seen_.named || seen_.new_one) return seen();
    // Nothing marks the new container as healer's. After resume() it is recognised by the image and labels of
    // the old container.
    const bool like_old = !seen_.old_one || (seen_.named->image_id == seen_.old_one->image_id &&
                                             seen_.named->facts.labels == seen_.old_one->facts.labels);
    if (new_id_.empty() ? resumed_ && like_old : seen_.named->facts.id == new_id_) {
      seen_.new_one = std::move(seen_.named);
      seen_.named.reset();
      new_id_ = seen_.new_one->facts.id;
    }
    seen();
  });
}

Sight Recreation::sight() const {
  Sight sight;
  if (seen_.old_one) {
    const std::string& name = seen_.old_one->facts.name;
    sight.old_place = name == order_.name   ? Place::Named
                      : name == aside_name_ ? Place::Aside
                                            : Place::Elsewhere;
    sight.old_instances = seen_.old_one->runs();
  }
  sight.stranger = seen_.named.has_value();
  if (!seen_.new_one) return sight;
  sight.new_place = seen_.new_one->facts.name == order_.name ? Place::Named : Place::Aside;
  sight.new_instances = seen_.new_one->facts.state == ContainerState::Running;
  if (!plan_) return sight;
  const auto joined = [this](const std::string& network) {
    const auto& all = seen_.new_one->facts.networks;
    return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name == network; });
  };
  sight.to_leave = !plan_->leave.empty() && joined(plan_->leave_name);
  sight.to_join = std::any_of(plan_->connections.begin(), plan_->connections.end(),
                              [&](const auto& connection) { return !joined(connection.name); });
  return sight;
}

void Recreation::seen() {
  if (resumed_ && !decided_) return decide_resumption();
  if (back_.begun) return undo_next();
  replace_next();
}

void Recreation::decide_resumption() {
  decided_ = true;
  const Sight now = sight();
  back_.failed_at = "healer ended while it was recreated";
  back_.cause = {ErrorCode::PeerFailure, {}};
  switch (resume_by(now)) {
    case Resumption::Replace:
      return replace_next();
    case Resumption::Undo:
      back_.start_old = now.old_place != Place::Elsewhere;
      back_.touched = true;
      return undo("", back_.cause);
    case Resumption::Untouched:
      return finish(failure(ErrorCode::Conflict, fmt::format("{}: {}; the old container is as it was",
                                                             prefix(), back_.failed_at)));
    case Resumption::Finished:
      return finish(seen_.new_one ? seen_.new_one->facts.id : seen_.named->facts.id);
    case Resumption::Taken:
      return finish(failure(
          ErrorCode::Conflict,
          fmt::format("{}: {}; container {}, which is not ours, has its name now: the old container is left "
                      "as \"{}\"",
                      prefix(), back_.failed_at, short_id(seen_.named->facts.id), aside_name_)));
    case Resumption::Nothing:
      return finish(failure(
          ErrorCode::NotFound,
          fmt::format("{}: {}; neither the old nor the new container exists", prefix(), back_.failed_at)));
  }
}

}  // namespace healer::docker
