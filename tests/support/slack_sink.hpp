#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/scripted_server.hpp"

namespace healer::testing {

/// One message as a Slack channel shows it.
struct SlackMessage {
  std::string color;
  std::string title;
  std::string text;
};

/// An incoming webhook on loopback. Gives scripted answers, and keeps the messages that it answered with 200.
class SlackSink {
 public:
  /// The first requests get `answers`, each complete as from answer(); all later ones get 200.
  explicit SlackSink(std::vector<std::string> answers = {});

  std::string url() const;
  /// The number of all requests, also of refused ones.
  std::size_t requests() const { return server_->requests().size(); }
  /// The messages that were answered with 200, in order.
  std::vector<SlackMessage> accepted() const;
  /// How many accepted messages have this colour, or contain this text in title or text.
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
