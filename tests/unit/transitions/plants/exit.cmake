set(file core/workload/lifecycle.cpp)
set(found "no row names exit: None, Runs, Judged")
set(from [==[  go(Exits::Runs, {});]==])
set(to [==[  go(Exits::Runs, {ExitKind::Ours, {}, {}});]==])
