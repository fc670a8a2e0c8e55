set(invariant 1)
set(file core/workload/hold.cpp)
set(from [==[if (const auto end = pause_end()) {]==])
set(to [==[if (const auto end = std::optional<Instant>{}) {]==])
