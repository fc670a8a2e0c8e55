set(invariant 1)
set(file core/workload/health.cpp)
set(from [==[const bool start_period = own_.in_start_period(now_);]==])
set(to [==[const bool start_period = false;]==])
