set(file core/notification/notifications.cpp)
set(found "no row names notifications: Critical, Reset, Unnotified")
set(from [==[own_.go(Input::Reset, State::Notified, out_);]==])
set(to [==[own_.go(Input::Reset, State::Unnotified, out_);]==])
