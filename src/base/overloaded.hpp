#pragma once

namespace healer {

/// One function for each alternative of a variant: std::visit(Overloaded{...}, value).
template <class... Each>
struct Overloaded : Each... {
  using Each::operator()...;
};
template <class... Each>
Overloaded(Each...) -> Overloaded<Each...>;

}  // namespace healer
