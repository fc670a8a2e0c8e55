set(invariant 2)
set(file core/care_remedy.cpp)
set(from [==[w_.remedy = Settling{now_ + settle_interval, attempt.ordered_at + settle_limit()};]==])
set(to [==[attempt_failed_then_plan(AttemptState::NotCarriedOut, "planted");]==])
