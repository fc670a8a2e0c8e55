set(file core/workload/probe.cpp)
set(found "without a row, round of checks: Open became None")
set(from [==[    go(Input::ChecksEnd, Rounds::None);
]==])
set(to [==[    own_.probe.reset();
]==])
