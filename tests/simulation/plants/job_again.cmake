set(invariant 0)
set(file core/workload/lifecycle.cpp)
set(from [==[  return stays_down && !w_.health.ever_passed();]==])
set(to [==[  return stays_down && w_.health.ever_passed();]==])
