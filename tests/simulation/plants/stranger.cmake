set(invariant 10)
set(file alert/target.cpp)
set(from [==[target.found = AlertTarget::Found::OtherHost;]==])
set(to [==[target.found = AlertTarget::Found::One;]==])
