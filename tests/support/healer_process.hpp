#pragma once

#include <boost/json.hpp>

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace healer::testing {

using Settings = std::map<std::string, std::string>;

/// The real `healer` as a child process, with only these settings in its environment.
class HealerProcess {
 public:
  /// `folder` takes the logs. `network_namespace` is as in Command.
  HealerProcess(Settings settings, std::string folder, std::string network_namespace = {});

  /// Starts healer, also again; `arguments` follow the program's name.
  void start(const std::vector<std::string>& arguments = {});
  /// kill -9, and waits for the end.
  void kill();
  Process& process() { return *process_; }
  /// The process ended, but kill() was not called.
  bool died() const { return process_ && !expected_dead_ && process_->exit_code(); }
  bool alive() const { return process_ && !process_->exit_code(); }
  const Settings& settings() const { return settings_; }

  /// Runs one of healer's commands with the same settings.
  Ran command(const std::vector<std::string>& arguments) const;

  /// The standard error of all processes so far; log() has only the last one's.
  std::string whole_log() const;
  std::string log() const { return read_file(log_files_.back()); }
  /// The number of messages in the last process's log that contain the text.
  std::size_t said(const std::string& text) const;

  /// `healer status --json`; null while the daemon does not answer.
  boost::json::value status() const;
  /// The status of one workload, by name; null when the workload is not watched.
  boost::json::value workload(const std::string& name) const;
  /// The workload's condition; empty when the workload is not watched.
  std::string condition(const std::string& name) const;

  /// "http://127.0.0.1:9180", from the log; empty before the server listens.
  std::string address() const;
  /// A page of the HTTP server, whose port is taken from the log. The code is the HTTP status, or 0 without
  /// an answer.
  Ran http(const std::string& path) const;
  /// The sum of the series with this name whose labels contain all of these parts, such as `workload="x"`.
  double metric(const std::string& name, std::initializer_list<std::string> labels = {}) const;

 private:
  Settings settings_;
  std::string folder_;
  std::string network_namespace_;
  std::vector<std::string> log_files_;
  std::unique_ptr<Process> process_;
  bool expected_dead_ = false;
};

}  // namespace healer::testing
