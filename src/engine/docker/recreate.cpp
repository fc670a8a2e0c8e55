#include "engine/docker/recreate.hpp"

#include <utility>

#include "engine/docker/caller.hpp"
#include "engine/docker/recreation.hpp"

namespace healer::docker {

Recreator::Recreator(Caller& caller) : caller_(caller) {}

Recreator::~Recreator() = default;

void Recreator::recreate(RecreateOrder order, Done done) {
  begin(std::move(order), std::move(done), false);
}

void Recreator::resume(RecreateOrder order, Done done) {
  begin(std::move(order), std::move(done), true);
}

void Recreator::begin(RecreateOrder order, Done done, bool resumed) {
  for (const std::string* part : {&order.container_id, &order.name, &order.mark})
    if (!fit_for_path(*part))
      return caller_.later(
          [done = std::move(done), error = unfit("recreate", *part)] { done(tl::unexpected(error)); });
  const std::uint64_t number = ++last_;
  auto over = [this, number, done = std::move(done)](Result<std::string> result) {
    // Later, because the recreation is still on the call stack.
    caller_.later([this, number] { under_way_.erase(number); });
    done(std::move(result));
  };
  auto& recreation = under_way_[number];
  recreation = std::make_unique<Recreation>(caller_, std::move(order), networks_, std::move(over));
  resumed ? recreation->resume() : recreation->begin();
}

}  // namespace healer::docker
