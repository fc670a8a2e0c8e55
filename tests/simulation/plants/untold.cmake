set(invariant 5)
set(file core/care_incident.cpp)
set(from [==[} else if (incident.announced) {]==])
set(to [==[} else if (incident.announced && incident.attempts > 1000) {]==])
