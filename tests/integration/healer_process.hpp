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

/// The real `healer`, as a child process with nothing in its environment but these settings.
class HealerProcess {
 public:
  /// `folder` takes its logs. `network_namespace` as in Command.
  HealerProcess(Settings settings, std::string folder, std::string network_namespace = {});

  /// Starts it (again), with `arguments` after the program's name.
  void start(const std::vector<std::string>& arguments = {});
  /// kill -9, and reaped.
  void kill();
  Process& process() { return *process_; }
  /// It ended although nobody killed it here.
  bool died() const { return process_ && !expected_dead_ && process_->exit_code(); }
  bool alive() const { return process_ && !process_->exit_code(); }
  const Settings& settings() const { return settings_; }

  /// A command of healer's, run with the same settings.
  Ran command(const std::vector<std::string>& arguments) const;

  /// What all processes so far, or the last one, wrote to standard error.
  std::string whole_log() const;
  std::string log() const { return read_file(log_files_.back()); }
  /// How many messages of the last process's log contain the text.
  std::size_t said(const std::string& text) const;

  /// `healer status --json`; null while it does not answer.
  boost::json::value status() const;
  /// One workload of it, by name; null when it is not watched.
  boost::json::value workload(const std::string& name) const;
  /// Its condition; empty when it is not watched.
  std::string condition(const std::string& name) const;

  /// "http://127.0.0.1:9180" as its log says it; empty before it listens.
  std::string address() const;
  /// The page of its HTTP server, whose port is taken from its log; the code is the HTTP status, 0 when
  /// there is no answer.
  Ran http(const std::string& path) const;
  /// The sum of the series with this name whose labels contain all of these parts, such as
  /// `workload="x"`.
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
