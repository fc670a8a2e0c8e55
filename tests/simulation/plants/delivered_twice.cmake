set(invariant 5)
set(file notify/outbox.cpp)
set(from [==[close(of, index, DeliveryState::Delivered, "", std::move(records));]==])
set(to [==[(void)records;]==])
