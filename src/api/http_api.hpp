#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/alert_api.hpp"
#include "api/metrics.hpp"
#include "api/snapshot.hpp"
#include "net/http_server.hpp"

namespace healer {

/// The routes. Public: / /metrics /healthz /readyz, and POST /api/v1/alertmanager with its token
/// (alert_api.hpp). On the admin socket also:
///
///   GET  /v1/status
///   GET  /v1/explain?name=     GET /v1/history?name=&limit=&before=    GET /v1/incident?id=
///   POST /v1/test-notification?channel=   (all=1: every channel)
///   POST /v1/COMMAND?name=&for=&by=       each of operator_commands, with what it takes (all=1 instead of
///                                         the name: all workloads)
///
/// A name is a container's name or a workload's key; an unknown name gets 404 with the nearest name. Answers
/// are JSON, except those of /metrics and /; an error is {"error": "..."}.
///
///   /healthz  200: an answer shows that the loop runs
///   /readyz   200, or 503 with the reason
///   a Host field that is not allowed (allowed_host.hpp) gets 403 on the public port
///   otherwise 404; a known path with another method 405 with Allow
class HttpApi {
 public:
  /// `metrics` must outlive it.
  HttpApi(const Metrics& metrics, ApiSources sources, AlertApi alerts = AlertApi({}));
  /// Names under which the public port may be asked besides those that is_allowed_host() always accepts.
  void allow_hosts(std::vector<std::string> names) { allowed_hosts_ = std::move(names); }

  /// For HttpServer; the api must outlive the servers that hold them.
  net::HttpHandler public_handler();
  net::HttpHandler admin_handler();

 private:
  void answer(const net::HttpRequest& request, bool admin, const net::HttpReply& reply);
  net::HttpResponse answer_now(const net::HttpRequest& request, bool admin);
  net::HttpResponse command(const net::HttpRequest& request, const CommandInfo& command) const;
  net::HttpResponse explain(const net::HttpRequest& request) const;
  void history(const net::HttpRequest& request, const net::HttpReply& reply) const;
  void incident(const net::HttpRequest& request, const net::HttpReply& reply) const;
  void test_notification(const net::HttpRequest& request, const net::HttpReply& reply) const;

  const Metrics& metrics_;
  ApiSources sources_;
  AlertApi alerts_;
  std::vector<std::string> allowed_hosts_;
};

}  // namespace healer
