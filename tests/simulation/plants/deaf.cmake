set(invariant 4)
set(file core/workload/tracker.cpp)
set(from [==[  ++failures_;
  const]==])
set(to [==[  if (failures_ < 2) ++failures_;
  const]==])
