set(invariant 2)
set(file core/workload/remediation.cpp)
set(from [==[  go(Input::Resumed, Settling{now_ + settle_interval, now_});
}

void RemediationMachine::settle()]==])
set(to [==[  RemedyStep again;
  again.kind = attempt.remedy;
  out_.report(finding::OrderDecided{again, Why::Resumed});
}

void RemediationMachine::settle()]==])
