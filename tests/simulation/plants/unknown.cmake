set(invariant 6)
set(file core/workload/verdict_applied.cpp)
set(from [==[    count_unknown(verdict);
    return;]==])
set(to [==[    count_unknown(verdict);
    w_.health.tracker.observe(Outcome::Fail, false, thresholds());
    return;]==])
