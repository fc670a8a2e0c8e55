set(invariant 7)
set(file core/workload/timing.cpp)
set(from [==[return std::max(Duration{10ms}, scaled(base, 0.95 + 0.1 * draw));]==])
set(to [==[static double last = 0;
  last = 1 - last;
  return std::max(Duration{10ms}, scaled(base, 0.95 + 0.1 * draw * last));]==])
