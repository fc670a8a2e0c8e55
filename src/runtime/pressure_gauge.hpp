#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/event.hpp"

namespace healer {

/// The `avg10` of the `full` line of one of Linux's pressure files, in per cent; empty: there is none, as for
/// cpu before Linux 5.13.
std::optional<double> full_avg10(std::string_view text);

/// Whether the host is under pressure: all its processes that have work stand still, for want of CPU, memory
/// or disks, for a large share of the last ten seconds.
class PressureGauge {
 public:
  /// Pressure ends this far below the limit, in points of per cent.
  static constexpr double hysteresis = 5;

  /// `folder`: of the files cpu, io and memory; empty: pressure is never high.
  explicit PressureGauge(std::string folder) : folder_(std::move(folder)) {}

  /// Reads the files. The pressure, if it rose above `limit` per cent or fell again; the text names the
  /// resource under the highest pressure. Limit 0: pressure is not high.
  std::optional<HostPressure> look(double limit);

  /// Why no file could be read; logged once.
  std::optional<std::string> take_reason();

 private:
  std::string folder_;
  bool high_ = false;
  std::optional<std::string> reason_;
  bool reason_logged_ = false;
};

}  // namespace healer
