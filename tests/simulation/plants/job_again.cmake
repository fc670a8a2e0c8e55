set(invariant 0)
set(file core/workload/exit_judgement.cpp)
set(from [==[  return stays_down && !w.health.ever_passed();]==])
set(to [==[  return stays_down && w.health.ever_passed();]==])
