set(invariant 5)
set(file core/workload/incident.cpp)
set(from [==[} else if (incident.notified) {]==])
set(to [==[} else if (incident.notified && incident.attempts > 1000) {]==])
