set(file core/workload/incident.cpp)
set(found "no row names incident: Acknowledged, Worse, Acknowledged")
set(from [==[  go(IncidentTable::Input::Worse, IncidentTable::State::Opened);]==])
set(to [==[  go(IncidentTable::Input::Worse, IncidentTable::State::Acknowledged);]==])
