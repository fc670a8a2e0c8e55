#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/scripted_server.hpp"

namespace healer::testing {

/// A webhook that accepts every notification.
class NotificationSink {
 public:
  NotificationSink();

  std::string url() const;
  /// The JSON bodies with line ends and quotes unescaped, in order of arrival.
  std::vector<std::string> texts() const;
  /// Those that name the workload and in the rest of which the expression is found; upper and lower case are
  /// equal.
  std::vector<std::string> about(const std::string& name, const std::string& expression = {}) const;

 private:
  std::unique_ptr<ScriptedServer> server_;
};

/// Whether the name stands in the text as a word of its own, and the expression is found in the rest.
bool says_of(const std::string& text, const std::string& name, const std::string& expression);

}  // namespace healer::testing
