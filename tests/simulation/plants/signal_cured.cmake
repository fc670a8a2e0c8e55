set(invariant 0)
set(file core/care_health.cpp)
set(from [==[  if (awaits_signal()) return;  // it is no better than Prometheus says
]==])
set(to [==[]==])
