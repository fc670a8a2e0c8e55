set(invariant 8)
set(file core/workload/hold.cpp)
set(from [==[if (probe.trust == Trust::Provisional &&]==])
set(to [==[if (probe.trust == Trust::Unproven &&]==])
