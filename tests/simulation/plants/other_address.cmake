set(invariant 11)
set(file core/workload/probe.cpp)
set(from [==[if (moved && running) out_.report(finding::TargetChanged{});]==])
set(to [==[(void)moved;]==])
