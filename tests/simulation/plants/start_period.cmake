set(invariant 1)
set(file core/workload/verdict_applied.cpp)
set(from [==[const bool start_period = in_start_period();]==])
set(to [==[const bool start_period = false;]==])
