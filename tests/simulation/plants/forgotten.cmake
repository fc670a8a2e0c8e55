set(invariant 2)
set(file core/supervisor.cpp)
set(from [==[      unfinished_attempts_.push_back(attempt);
]==])
set(to [==[]==])
