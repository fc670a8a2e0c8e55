set(invariant 2)
set(file core/care_remedy.cpp)
set(from [==[  w_.remedy = Settling{now_ + settle_interval, now_};
}

void Care::settle_by]==])
set(to [==[  RemedyStep again;
  again.kind = attempt.remedy;
  order(again, false);
}

void Care::settle_by]==])
