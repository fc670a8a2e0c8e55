set(invariant 3)
set(file core/workload/breaker.cpp)
set(from [==[if (used < policy.retry.budget_attempts) return now;
      go(Input]==])
set(to [==[if (used < 2 * policy.retry.budget_attempts) return now;
      go(Input]==])
