set(file core/workload/lifecycle.cpp)
set(found "no row names presence: Running, IsPaused, Running")
set(from [==[go(Presences::IsPaused, Presence::Paused);]==])
set(to [==[go(Presences::IsPaused, Presence::Running);]==])
