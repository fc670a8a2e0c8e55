set(invariant 0)
set(file core/workload/findings.cpp)
set(from [==[  if (w_.alerts.awaited()) return;  // not recovered before the alert is over
]==])
set(to [==[]==])
