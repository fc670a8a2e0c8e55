#include "app/connectivity_address.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "config/host_policy.hpp"

namespace healer {
namespace {

constexpr Duration resolve_again = 60s;

}  // namespace

void ConnectivityAddress::find() {
  value_.clear();
  lookup_.reset();
  again_.reset();
  if (const auto address = numeric_connectivity_address(settings_)) value_ = *address;
  const auto& connectivity = settings_.connectivity;
  if (!connectivity || !value_.empty()) return changed_();
  lookup_ = std::make_unique<net::Resolver>(loop_);
  lookup_->resolve(connectivity->host, [this](Result<std::string> address) { resolved(std::move(address)); });
}

void ConnectivityAddress::resolved(Result<std::string> address) {
  if (address) {
    value_ = std::move(*address);
    return changed_();
  }
  log_.write(
      LogLevel::Warning,
      fmt::format("connectivity_url: {}; no connectivity check until it is resolved, tried again in {}",
                  address.error().message, format_duration(resolve_again)));
  again_ = std::make_unique<net::Timer>(loop_);
  // Posted, because find() destroys the timer, which its own callback must not do.
  again_->set_after(resolve_again, [this]() { loop_.post([this]() { find(); }); });
}

}  // namespace healer
