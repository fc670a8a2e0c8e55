set(invariant 0)
set(file core/workload/verdict_applied.cpp)
set(from [==[  if (awaits_alert()) return;  // not recovered before the alert is over
]==])
set(to [==[]==])
