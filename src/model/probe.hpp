#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"

namespace healer {

enum class ProbeKind { Http, Https, Tcp, Engine };

const char* to_string(ProbeKind kind);

struct StatusRange {
  int first = 200;
  int last = 200;
  bool operator==(const StatusRange&) const = default;
};

/// How a workload is asked, as configured. HEALING.md 2.
struct ProbeSpec {
  std::optional<ProbeKind> kind;  ///< empty: http on the first published port, else the engine's HEALTHCHECK
  std::string path = "/health";
  std::optional<std::uint16_t> port;  ///< container port; empty: the first published (or exposed) TCP port
  std::vector<StatusRange> accepted{StatusRange{}};
  std::string body_match;   ///< substring the body must contain; empty: none
  std::string banner;       ///< prefix a tcp target must send; empty: connecting is enough
  std::string host_header;  ///< empty: the address and port
  bool tls_verify = false;  ///< targets are addressed by number, so certificates are not checked unless asked
  bool operator==(const ProbeSpec&) const = default;
};

/// A numeric address and a port: resolved before a probe starts, so that no look-up can delay it.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

struct HttpTarget {
  Endpoint endpoint;
  std::string path;
  std::string host_header;
  bool tls = false;
  bool tls_verify = false;
  bool capture_body = false;  ///< keep the body's first 10 KiB for the match
  bool operator==(const HttpTarget&) const = default;
};

struct TcpTarget {
  Endpoint endpoint;
  std::size_t banner_bytes = 0;  ///< read at most this many bytes; 0: connecting is enough
  bool operator==(const TcpTarget&) const = default;
};

/// Exactly what a prober is to ask. Shared and immutable: one per workload, named by each of its probes.
using ProbeTarget = std::variant<HttpTarget, TcpTarget>;
using ProbeTargetPtr = std::shared_ptr<const ProbeTarget>;

/// How a question ended, as a fact. Which of these count as a failure is core/verdict's business.
enum class ProbeEnd {
  Answered,  ///< http: a status line and headers arrived (and the captured body); tcp: connected (and the
             ///< banner read)
  Refused,   ///< connection refused
  Reset,     ///< the peer closed or reset the connection before the answer was whole
  ConnectTimeout,  ///< the connection did not open in time
  AnswerTimeout,   ///< it opened, the answer was not whole in time
  TlsFailed,       ///< handshake or certificate
  Malformed,       ///< not HTTP, or a head larger than the cap
  NoRoute,         ///< the host cannot reach that address: could not ask
  NoResources,     ///< descriptors or memory ran out here: could not ask
  Cancelled,       ///< by us
};

const char* to_string(ProbeEnd end);

/// What a prober saw. Facts, no judgement.
struct ProbeFacts {
  ProbeEnd end = ProbeEnd::Answered;
  int status = 0;                         ///< http
  std::string body;                       ///< captured body or tcp banner, at most 10 KiB
  std::string detail;                     ///< one short phrase for people, e.g. the TLS error
  std::chrono::microseconds duration{0};  ///< from the start of connecting to the end
};

/// The judged result of one question. HEALING.md 2: unknown is "could not ask" and moves no counter.
enum class Outcome { Pass, Fail, Unknown };

const char* to_string(Outcome outcome);

enum class Cause {
  None,
  Refused,
  Reset,
  ConnectTimeout,
  AnswerTimeout,
  Status,
  BodyMismatch,
  BannerMismatch,
  Tls,
  Malformed,
  EngineUnhealthy,
  NoRoute,
  NoResources,
  EngineDown,
  Starved,
  Stale,
};

const char* to_string(Cause cause);

struct Verdict {
  Outcome outcome = Outcome::Pass;
  Cause cause = Cause::None;
  std::string text;  ///< for people: "HTTP 503", "connection refused by 127.0.0.1:8080"
};

}  // namespace healer
