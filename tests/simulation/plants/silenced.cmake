set(invariant 10)
set(file core/workload/alert.cpp)
set(from [==[    case AlertAnswer::Over:
      over(*alert, AlertEnd::Answered, event.why);
      return;]==])
set(to [==[    case AlertAnswer::Over:
      check->pending = false;
      check->answer = AlertAnswer::Fires;
      check->answered_at = now_;
      return;]==])
