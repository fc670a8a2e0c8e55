#include "net/spawn.hpp"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "net/loop.hpp"

namespace healer::net {

void spawn(Loop& loop, boost::asio::awaitable<void> task, std::function<void(std::string what)> failed) {
  auto ended = [failed = std::move(failed)](std::exception_ptr thrown) {
    if (!thrown || !failed) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      failed(error.what());
    } catch (...) {
      failed("an exception of unknown type");
    }
  };
  // Posted, because co_spawn runs a task at once when it is called on the loop.
  auto& context = loop.context();
  boost::asio::post(context, [&context, task = std::move(task), ended = std::move(ended)]() mutable {
    boost::asio::co_spawn(context, std::move(task), std::move(ended));
  });
}

}  // namespace healer::net
