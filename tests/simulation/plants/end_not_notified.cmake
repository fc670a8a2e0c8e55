set(invariant 5)
set(file core/notification/notifications.cpp)
set(from [==[  if (!stopped && !own_.incident->notified) return;
]==])
set(to [==[  if (!own_.incident->notified || w_.remediation.attempts <= 1000) return;
]==])
