set(invariant 1)
set(file core/workload/exit.cpp)
set(from [==[if (operator_acted()) return ExitKind::Operator;]==])
set(to [==[]==])
