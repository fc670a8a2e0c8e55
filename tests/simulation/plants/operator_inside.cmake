set(invariant 0)
set(file core/workload/hold.cpp)
set(from [==[if (command.empty() || (since]==])
set(to [==[if (!command.empty() || (since]==])
