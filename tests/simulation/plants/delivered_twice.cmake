set(invariant 5)
set(file notify/outbox.cpp)
set(from [==[close(of, 0, DeliveryState::Delivered, "", std::move(records));]==])
set(to [==[]==])
