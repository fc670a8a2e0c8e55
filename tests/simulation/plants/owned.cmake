set(invariant 9)
set(file core/workload/ladder.cpp)
set(from [==[owned ? beside_an_owner(engine_can)]==])
set(to [==[owned && engine_can.can.empty() ? beside_an_owner(engine_can)]==])
