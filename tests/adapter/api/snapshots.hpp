#pragma once

#include <string>

#include "api/snapshot.hpp"

namespace healer::testing {

inline const Instant api_now{Duration{1'800'000'000'000}};

/// A snapshot in which every field is set, with names that need escaping.
inline Snapshot full_snapshot() {
  Snapshot snapshot;
  snapshot.now = api_now;
  snapshot.host = "host1";
  snapshot.engine_up = true;
  snapshot.engine_description = "Docker Engine 20.10.24 (API 1.41)";
  snapshot.engine_guarded = true;
  snapshot.store = "/var/lib/healer/healer.db";
  snapshot.loop_lag = 12ms;
  snapshot.stuck_execs = 2;
  snapshot.waiting_checks = 3;

  WorkloadStatus web;
  web.key = "shop/web/1";
  web.name = "shop-web-1";
  web.container_id = "c0ffee";
  web.image = "shop:1.0";
  web.condition = Condition::Healthy;
  web.probe = "http 127.0.0.1:8080/health";
  web.failure_threshold = 3;
  web.remedies.budget = 5;
  web.running_since = api_now - 90s;
  web.last_check = api_now - 2s;
  web.last_duration = std::chrono::microseconds(1500);
  web.restarts = 2;
  web.alerts = {{"prometheus", "High", "High", "0.1 > 0.05", true, api_now - 60s, api_now}};
  snapshot.workloads.push_back(web);

  WorkloadStatus unhealthy = web;
  unhealthy.key = "odd";
  unhealthy.name = "odd \"name\" with \\ and \n and \xff and é {}";
  unhealthy.condition = Condition::GivenUp;
  unhealthy.reason = "HTTP 503";
  unhealthy.remedies.breaker = BreakerState::Open;
  unhealthy.incident = IncidentId{7};
  unhealthy.remedies.next_at = api_now + 30s;
  unhealthy.problems = {{"healer.intervall", "5s", "unknown label; did you mean healer.interval?"}};
  snapshot.workloads.push_back(unhealthy);

  WorkloadStatus twin = web;
  twin.key = "other/web/1";
  twin.condition = Condition::Stopped;
  twin.running_since.reset();
  twin.last_check.reset();
  snapshot.workloads.push_back(twin);

  snapshot.notifications_pending = 3;
  ChannelStatus slack;
  slack.name = "slack";
  slack.pending = 3;
  slack.last_error = "HTTP 500";
  slack.delivered = 10;
  slack.refused = 1;
  slack.refusing = true;
  slack.dropped[DropReason::TooMany] = 5;
  slack.failed_tries = 4;
  snapshot.channels.push_back(slack);

  RuleStatus rule;
  rule.name = "High \"errors\"";
  rule.query = "rate(errors_total[1m]) > 0.05";
  rule.known = true;
  rule.last_answer = api_now - 5s;
  rule.firing = 2;
  rule.answers = 40;
  rule.unknowns = 3;
  snapshot.rules.push_back(rule);
  rule.name = "Queue";
  rule.known = false;
  rule.problem = "HTTP 503";
  rule.last_answer.reset();
  rule.unmatched = 1;
  snapshot.rules.push_back(rule);
  return snapshot;
}

}  // namespace healer::testing
