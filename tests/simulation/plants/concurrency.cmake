set(invariant 2)
set(file core/host/concurrency.cpp)
set(from [==[if (full()) return Answer::Busy;]==])
set(to [==[]==])
