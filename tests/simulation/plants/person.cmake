set(invariant 1)
set(file core/exit.cpp)
set(from [==[if (person_acted()) return ExitKind::Person;]==])
set(to [==[]==])
