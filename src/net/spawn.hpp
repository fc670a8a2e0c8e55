#pragma once

#include <functional>
#include <string>

#include <boost/asio/awaitable.hpp>

namespace healer::net {

class Loop;

/// The one way to start a coroutine: never a bare `detached`. It starts on the loop, soon, never from inside
/// spawn(). `failed` is called on the loop when an exception leaves the task, with its text: log it, count
/// it, and tell whoever waits for the task. Values the task needs are its parameters, taken by value.
void spawn(Loop& loop, boost::asio::awaitable<void> task, std::function<void(std::string what)> failed);

}  // namespace healer::net
