set(file core/notification/notifications.cpp)
set(found "no row names notifications: Critical, Reset, Unnotified")
set(from [==[go(Input::Reset, State::Notified);]==])
set(to [==[go(Input::Reset, State::Unnotified);]==])
