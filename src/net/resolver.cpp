#include "net/resolver.hpp"

#include <utility>

#include <fmt/format.h>
#include <boost/asio/ip/tcp.hpp>

#include "net/loop.hpp"

namespace healer::net {

using boost::asio::ip::tcp;

struct Resolver::State {
  explicit State(Loop& loop) : resolver(loop.context()) {}
  tcp::resolver resolver;
  bool ended = false;
};

Resolver::Resolver(Loop& loop) : state_(std::make_shared<State>(loop)) {}

Resolver::~Resolver() {
  state_->ended = true;
  state_->resolver.cancel();
}

void Resolver::resolve(const std::string& host, std::function<void(Result<std::string>)> done) {
  state_->resolver.async_resolve(
      host, "",
      [state = state_, host, done = std::move(done)](const boost::system::error_code& failed,
                                                     const tcp::resolver::results_type& found) {
        if (state->ended) return;
        if (failed || found.empty())
          return done(
              failure(ErrorCode::Unreachable, fmt::format("the name {} cannot be resolved: {}", host,
                                                          failed ? failed.message() : "it has no address")));
        done(found.begin()->endpoint().address().to_string());
      });
}

}  // namespace healer::net
