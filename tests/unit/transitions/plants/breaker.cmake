set(file core/workload/breaker.cpp)
set(found "no row names breaker: Open, Reset, HalfOpen")
set(from [==[  state_ = next;
]==])
set(to [==[  state_ = input == Input::Reset && state_ == State::Open ? State::HalfOpen : next;
]==])
