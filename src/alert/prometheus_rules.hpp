#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "alert/rule_state.hpp"
#include "base/result.hpp"
#include "model/alert_mapping.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/prometheus_rule.hpp"
#include "model/status.hpp"
#include "net/curl_client.hpp"
#include "net/loop.hpp"

namespace healer {

/// Healer's own rules on a Prometheus server: queries them at the interval, and reports alerts that fire and
/// that resolve. A rule that cannot be checked is unknown: it is shown and counted, and reports nothing.
class PrometheusRules {
 public:
  /// All are called on the loop.
  struct Parts {
    net::Loop& loop;
    net::CurlClient& curl;
    std::function<Instant()> now;
    std::function<bool()> ready;  ///< false: the workloads are not known yet, so no query is sent
    std::function<std::vector<WorkloadStatus>()> workloads;
    std::function<std::vector<std::string>()> labels;  ///< labels that name a container, in this order
    std::function<std::vector<AlertMapping>()> mappings;
    std::function<Result<void>(AlertReported)> report;
    std::function<void(bool watched)>
        count;  ///< an alert was reported; false: it is about no watched workload
    std::function<void(LogLevel, std::string)> log;
    std::function<AlertPlaces()> places = {};  ///< empty: series of every place count
  };

  explicit PrometheusRules(Parts parts);
  ~PrometheusRules();
  PrometheusRules(const PrometheusRules&) = delete;
  PrometheusRules& operator=(const PrometheusRules&) = delete;

  /// Replaces the rules. An unchanged rule keeps its state. Alerts of a removed rule are resolved, also those
  /// that an earlier process reported.
  void set(PrometheusSettings settings);

  /// Queries whether the rule is met for the workload now, and changes no state. `done` is called once, on
  /// the loop, within 6 s, never before confirm() returns.
  using Confirmed = std::function<void(AlertAnswer, std::string why)>;
  void confirm(const std::string& rule, const std::string& workload, Confirmed done);

  std::vector<RuleStatus> status() const;

 private:
  struct Entry;
  struct Watched;
  void evaluate_all();
  void end_removed(const std::vector<WorkloadStatus>& workloads);
  void ask(const std::shared_ptr<Entry>& entry, const std::shared_ptr<const Watched>& watched);
  void answered(Entry& entry, const Watched& watched, Result<net::CurlAnswer> answer);
  void unknown(Entry& entry, const std::string& why, LogLevel level);
  void report(const PrometheusRule& rule, RuleChange change);
  AlertPlaces places() const { return parts_.places ? parts_.places() : AlertPlaces{}; }

  Parts parts_;
  PrometheusSettings settings_;
  std::vector<std::shared_ptr<Entry>> entries_;
  net::Timer timer_;
};

}  // namespace healer
