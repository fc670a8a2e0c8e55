set(invariant 2)
set(file core/slots.cpp)
set(from [==[if (full()) return Answer::Busy;]==])
set(to [==[]==])
