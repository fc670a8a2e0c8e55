#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "model/container.hpp"

namespace healer {

/// Looks at containers: never two looks at one container at once, and a look asked for while one is
/// under way is taken again afterwards, since the first may have read the facts too early. Looks that a
/// decision waits for go before the bulk of a sync, which has a bounded number under way.
class Inspector {
 public:
  using Answer = std::function<void(const std::string& id, Result<Container>&&)>;

  Inspector(Engine& engine, Answer answer);
  void look(const std::string& id);        ///< now
  void look_later(const std::string& id);  ///< when the bulk has room; answered exactly once through `answer`
  std::size_t waiting() const { return bulk_.size() + open_.size(); }

 private:
  struct Open {
    bool again = false;
  };
  void begin(const std::string& id);
  void answered(const std::string& id, Result<Container>&& facts);
  void fill();

  Engine& engine_;
  Answer answer_;
  std::unordered_map<std::string, Open> open_;
  std::deque<std::string> bulk_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace healer
