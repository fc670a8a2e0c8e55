#include "runtime/inspector.hpp"

#include <utility>

namespace healer {
namespace {

/// Many enough to keep the engine busy, few enough that an urgent inspect does not wait long.
constexpr std::size_t most_at_once = 16;

}  // namespace

Inspector::Inspector(Engine& engine, Answer answer) : engine_(engine), answer_(std::move(answer)) {}

void Inspector::look(const std::string& id) {
  if (const auto open = open_.find(id); open != open_.end()) {
    open->second.again = true;
    return;
  }
  begin(id);
}

void Inspector::look_later(const std::string& id) {
  bulk_.push_back(id);
  fill();
}

void Inspector::fill() {
  while (!bulk_.empty() && open_.size() < most_at_once) {
    const std::string id = std::move(bulk_.front());
    bulk_.pop_front();
    look(id);
  }
}

void Inspector::begin(const std::string& id) {
  open_.emplace(id, Open{});
  engine_.inspect(id, [this, alive = std::weak_ptr<bool>(alive_), id](Result<Container> facts) {
    if (!alive.expired()) answered(id, std::move(facts));
  });
}

void Inspector::answered(const std::string& id, Result<Container>&& facts) {
  const auto open = open_.find(id);
  const bool again = open != open_.end() && open->second.again;
  open_.erase(id);
  if (again) begin(id);
  answer_(id, std::move(facts));
  fill();
}

}  // namespace healer
