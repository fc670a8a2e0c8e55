set(invariant 2)
set(file runtime/journal.cpp)
set(from [==[if (then) next_.then.push_back(std::move(then));]==])
set(to [==[if (then) then();]==])
