set(invariant 2)
set(file core/host/remembered.cpp)
set(from [==[    if (is_unfinished(attempt)) unfinished_attempts_.push_back(attempt);
]==])
set(to [==[]==])
