set(file core/workload/tracker.cpp)
set(found "no row names health: Unhealthy, InstanceBegins, Unhealthy")
set(from [==[return go(Input::InstanceBegins, State::Fresh);]==])
set(to [==[return go(Input::InstanceBegins, before);]==])
