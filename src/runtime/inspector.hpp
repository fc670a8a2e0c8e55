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

/// Inspects containers, never one container twice at once. A look() during an inspect of the same container
/// makes a second inspect afterwards, because the first may have read the facts too early. Urgent inspects
/// start at once; those of a sync wait until fewer than a fixed number are under way.
class Inspector {
 public:
  using Answer = std::function<void(const std::string& id, Result<Container>&&)>;

  Inspector(Engine& engine, Answer answer);
  void look(const std::string& id);        ///< urgent: inspects now
  void look_later(const std::string& id);  ///< for a sync: inspects when there is room
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
