set(invariant 8)
set(file core/workload/selection.cpp)
set(from [==[return probe.trust != Trust::Unproven ||]==])
set(to [==[return probe.trust <= Trust::Proven ||]==])
