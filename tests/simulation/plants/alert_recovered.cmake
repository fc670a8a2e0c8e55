set(invariant 0)
set(file core/workload_health.cpp)
set(from [==[  if (awaits_alert()) return;  // it is no better than Prometheus says
]==])
set(to [==[]==])
