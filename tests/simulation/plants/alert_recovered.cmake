set(invariant 0)
set(file core/workload/findings.cpp)
set(from [==[  if (w_.health.awaits_alert()) return;  // not recovered before the alert is over
]==])
set(to [==[]==])
