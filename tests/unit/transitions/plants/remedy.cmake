set(file core/workload/plan.cpp)
set(found "no row names remediation: Checking, InspectFailed, Verifying")
set(from [==[go(Input::InspectFailed, Planned{]==])
set(to [==[go(Input::InspectFailed, Verifying{}); go(Input::OutOfTime, Planned{]==])
