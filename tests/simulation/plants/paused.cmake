set(invariant 1)
set(file core/workload/hold.cpp)
set(from [==[  const auto end = pause_end(view);
]==])
set(to [==[  const std::optional<Instant> end;
]==])
