#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/scripted_server.hpp"

namespace healer::testing {

/// One message as a Slack channel would show it.
struct SlackMessage {
  std::string color;
  std::string title;
  std::string text;
};

/// An incoming webhook on loopback. Says what it is notified to, and shows what it said 200 to.
class SlackSink {
 public:
  /// `answers` are given to the first requests, whole as answer() makes them; after them every one gets 200.
  explicit SlackSink(std::vector<std::string> answers = {});

  std::string url() const;
  /// All requests, refused ones too.
  std::size_t requests() const { return server_->requests().size(); }
  /// Those that were answered with 200, in order.
  std::vector<SlackMessage> accepted() const;
  /// How many of those have this color, or are about this (a part of title or text).
  std::size_t with_color(const std::string& color) const;
  std::size_t about(const std::string& part) const;

  static constexpr const char* degraded = "#ff9900";
  static constexpr const char* recovered = "#36a64f";
  static constexpr const char* critical = "#ff0000";
  static constexpr const char* info = "#cccccc";

 private:
  std::vector<std::string> answers_;
  std::unique_ptr<ScriptedServer> server_;
};

}  // namespace healer::testing
