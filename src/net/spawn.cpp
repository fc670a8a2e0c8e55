#include "net/spawn.hpp"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "net/loop.hpp"

namespace healer::net {

void spawn(Loop& loop, boost::asio::awaitable<void> task, std::function<void(std::string what)> failed) {
  boost::asio::co_spawn(loop.context(), std::move(task),
                        [failed = std::move(failed)](std::exception_ptr thrown) {
                          if (!thrown) return;
                          try {
                            std::rethrow_exception(thrown);
                          } catch (const std::exception& error) {
                            failed(error.what());
                          } catch (...) {
                            failed("an exception of unknown type");
                          }
                        });
}

}  // namespace healer::net
