set(invariant 2)
set(file core/concurrency.cpp)
set(from [==[if (full()) return Answer::Busy;]==])
set(to [==[]==])
