#pragma once

#include "api/metrics.hpp"
#include "api/snapshot.hpp"
#include "net/http_server.hpp"

namespace healer {

/// The routes. Everybody: / /metrics /healthz /readyz. On the admin socket also GET /v1/status and
/// POST /v1/reset?name=NAME. Everything but /metrics and / is JSON; an error is {"error": "..."}.
///
///   /healthz  200 as soon as it is answered: the loop turns
///   /readyz   200, or 503 with the reason
///   otherwise 404; a known path with another method 405 with Allow
class HttpApi {
 public:
  /// `metrics` must outlive it.
  HttpApi(const Metrics& metrics, ApiSources sources);

  /// For HttpServer; the api must outlive the servers that hold them.
  net::HttpHandler public_handler();
  net::HttpHandler admin_handler();

 private:
  net::HttpResponse answer(const net::HttpRequest& request, bool admin) const;
  net::HttpResponse reset(const net::HttpRequest& request) const;

  const Metrics& metrics_;
  ApiSources sources_;
};

}  // namespace healer
