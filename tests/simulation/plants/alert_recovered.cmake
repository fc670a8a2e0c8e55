set(invariant 0)
set(file core/workload_health.cpp)
set(from [==[  if (awaits_alert()) return;  // not recovered before the alert is over
]==])
set(to [==[]==])
