#include "guard/catalogue.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "engine/docker/json_slimmer.hpp"
#include "guard/verb.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

constexpr std::size_t most_images = 512;
constexpr std::size_t most_profiles = 4096;
constexpr std::size_t largest_inspect = 2 * 1024 * 1024;

/// A container with megabytes of labels or variables: its small members.
struct Reader {
  std::string text;
  docker::JsonSlimmer slimmer;
  bool large = false;

  Result<void> take(std::string_view bytes) {
    slimmer.feed(bytes);
    large = large || text.size() + bytes.size() > largest_inspect;
    if (large)
      text.clear();
    else
      text.append(bytes);
    return {};
  }
};

tl::unexpected<Refusal> engine_fault(const std::string& what, const std::string& why) {
  return refuse(Rule::Engine, fmt::format("{}: {}", what, clip(printable(why), 200)));
}

}  // namespace

std::optional<docker::Labels> Catalogue::labels_of(const std::string& image_id) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = images_.find(image_id); known != images_.end()) return known->second;
  }
  if (!is_image_id(image_id)) return {};
  const auto answer = engine_.call({.path = "/images/" + image_id + "/json"});
  if (!answer || answer->status != 200) return {};
  const auto object = object_of(answer->body);
  if (!object || text_at(*object, "Id") != image_id) return {};
  const std::lock_guard lock(mutex_);
  if (images_.size() >= most_images) images_.clear();
  return images_[image_id] = image_labels(*object);
}

Ruled<Inspected> Catalogue::inspect(const std::string& target) {
  Reader reader;
  const auto answer = engine_.stream({.path = "/containers/" + target + "/json"}, nullptr,
                                     [&](std::string_view bytes) { return reader.take(bytes); });
  const std::string what = "inspect " + clip(printable(target), 80);
  if (!answer) return engine_fault(what, answer.error().message);
  if (answer->status == 404)
    return refuse(Rule::NotFound, "No such container: " + clip(printable(target), 80));
  if (answer->status != 200) return engine_fault(what, fmt::format("status {}", answer->status));
  Inspected inspected;
  inspected.text = reader.large ? reader.slimmer.take() : std::move(reader.text);
  auto object = object_of(inspected.text);
  if (!object) return engine_fault(what, object.error().message);
  inspected.answer = std::move(*object);
  auto facts = read_facts(inspected.answer, labels_of(text_at(inspected.answer, "Image")), settings_);
  if (!facts) return engine_fault(what, facts.error().message);
  inspected.facts = std::move(*facts);
  const bool asked_for = inspected.facts.name == target || inspected.facts.id.starts_with(target);
  if (breaks(Rule::Ambiguous, !is_full_id(inspected.facts.id) || !asked_for))
    return refuse(Rule::Ambiguous, fmt::format("the engine answered with container {} to {}",
                                               clip(printable(inspected.facts.id), 12), clip(target, 80)));
  inspected.hider = std::make_shared<Hider>(inspected.facts.environment);
  keep(inspected.facts, inspected.hider);
  return inspected;
}

void Catalogue::keep(const Facts& facts, const std::shared_ptr<const Hider>& hider) {
  const View view = view_of(facts, settings_);
  const std::lock_guard lock(mutex_);
  if (view == View::Whole) shown_images_.insert(facts.image_id);
  const auto [entry, added] = profiles_.try_emplace(facts.id);
  if (added) oldest_first_.push_back(facts.id);
  // An outline hides everything of its own accord.
  entry->second = std::make_shared<Profile>(Profile{
      view, facts.lineage, view == View::Whole ? hider : std::make_shared<Hider>(std::vector<std::string>{}),
      facts.image_id});
  while (oldest_first_.size() > most_profiles) {
    profiles_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
}

std::shared_ptr<const Profile> Catalogue::profile(const std::string& id) {
  static const auto stranger = std::make_shared<const Profile>(
      Profile{View::Outline, {}, std::make_shared<Hider>(std::vector<std::string>{})});
  for (const bool again : {true, false}) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto known = profiles_.find(id); known != profiles_.end()) return known->second;
    }
    if (!again || !is_full_id(id) || !inspect(id)) break;
  }
  return stranger;
}

bool Catalogue::image_is_shown(const std::string& image_id) {
  const std::lock_guard lock(mutex_);
  return shown_images_.contains(image_id);
}

}  // namespace healer::guard
