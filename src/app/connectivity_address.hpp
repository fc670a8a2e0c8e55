#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/log.hpp"
#include "config/daemon_settings.hpp"
#include "net/loop.hpp"
#include "net/resolver.hpp"

namespace healer {

/// The numeric address of the connectivity URL's host. A name that cannot be resolved is tried again, until
/// another find().
class ConnectivityAddress {
 public:
  /// `settings`: those in effect, also after a reload. `changed` is called at each find(), and when the name
  /// is resolved; all outlive this object.
  ConnectivityAddress(net::Loop& loop, Log& log, const DaemonSettings& settings,
                      std::function<void()> changed)
      : loop_(loop), log_(log), settings_(settings), changed_(std::move(changed)) {}

  void find();
  /// Empty: not known yet, or not configured.
  const std::string& value() const { return value_; }

 private:
  void resolved(Result<std::string> address);

  net::Loop& loop_;
  Log& log_;
  const DaemonSettings& settings_;
  std::function<void()> changed_;
  std::string value_;
  std::unique_ptr<net::Resolver> lookup_;
  std::unique_ptr<net::Timer> again_;
};

}  // namespace healer
