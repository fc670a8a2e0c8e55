set(invariant 1)
set(file core/care_health.cpp)
set(from [==[const bool grace = in_grace();]==])
set(to [==[const bool grace = false;]==])
