set(invariant 6)
set(file core/workload/health.cpp)
set(from [==[    count_unknown(verdict);
    return;
  }
  known_again(KnownBy::Answer);]==])
set(to [==[    count_unknown(verdict);
    own_.tracker.observe(Outcome::Fail, false, thresholds(*w_.policy));
    return;
  }
  known_again(KnownBy::Answer);]==])
