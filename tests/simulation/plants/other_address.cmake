set(invariant 11)
set(file core/workload/probe.cpp)
set(from [==[if (moved && w_.lifecycle.presence == Presence::Running) out_.report(finding::TargetChanged{});]==])
set(to [==[(void)moved;]==])
