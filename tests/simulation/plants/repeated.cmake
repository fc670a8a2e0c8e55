set(invariant 2)
set(file core/workload/remediation.cpp)
set(from [==[  w_.remediation.phase = Settling{now_ + settle_interval, now_};
}

void WorkloadController::settle_by]==])
set(to [==[  RemedyStep again;
  again.kind = attempt.remedy;
  order(again, false);
}

void WorkloadController::settle_by]==])
