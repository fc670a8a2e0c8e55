#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "model/describe.hpp"
#include "model/reason.hpp"

namespace healer {

BOOST_DEFINE_ENUM_CLASS(ProbeKind, Http, Https, Tcp, Engine, Exec, Grpc, Grpcs)

struct StatusRange {
  int first = 200;
  int last = 200;
  bool operator==(const StatusRange&) const = default;
};
HEALER_DESCRIBE(StatusRange, first, last);

/// One header of a request. The value may be a token, so it is never printed.
struct HttpHeader {
  std::string name;
  Secret value;
  bool operator==(const HttpHeader&) const = default;
};
HEALER_DESCRIBE(HttpHeader, name, value);

/// A probe as configured. HEALING.md 2.
struct ProbeSpec {
  std::optional<ProbeKind> kind;  ///< empty: http on the first published port, else the engine's HEALTHCHECK
  std::string path = "/health";
  std::optional<std::uint16_t> port;  ///< container port; empty: the first published (else exposed) TCP port
  std::vector<StatusRange> accepted{StatusRange{200, 299}};
  std::string body_match;            ///< substring that the body must contain; empty: none
  std::string banner;                ///< prefix that a tcp target must send; empty: connecting is enough
  std::string host_header;           ///< empty: the address and port
  bool tls_verify = false;           ///< off: targets have numeric addresses, which few certificates name
  std::string method = "GET";        ///< http: GET, HEAD, POST, PUT or OPTIONS
  std::vector<HttpHeader> headers;   ///< http: sent unchanged
  unsigned redirects = 0;            ///< http: how many are followed at most, to the same target only
  std::vector<std::string> command;  ///< exec: the argument list, never a shell string
  std::string service;               ///< grpc: name of the checked service; empty: the whole server
  std::string address;               ///< numeric; empty: found by the networks of the container
  bool operator==(const ProbeSpec&) const = default;
};
HEALER_DESCRIBE(ProbeSpec, kind, path, port, accepted, body_match, banner, host_header, tls_verify, method,
                headers, redirects, command, service, address);

/// One of several probes of a workload; all must pass. Reports use `name`.
struct NamedProbe {
  std::string name;
  ProbeSpec spec;
  bool operator==(const NamedProbe&) const = default;
};
HEALER_DESCRIBE(NamedProbe, name, spec);

/// A numeric address and a port. The address is resolved before a check starts, so that no lookup delays the
/// check.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};
HEALER_DESCRIBE(Endpoint, address, port);

struct HttpTarget {
  Endpoint endpoint;
  std::string path;
  std::string host_header;
  bool tls = false;
  bool tls_verify = false;
  bool capture_body = false;  ///< keep the body's first 10 KiB for body_match
  std::string method = "GET";
  std::vector<HttpHeader> headers;
  unsigned redirects =
      0;  ///< how many are followed at most, to the same endpoint; then the 3xx is the answer
  /// The prober listens this long before it sends the request: a peer that greets first (SSH, SMTP, MySQL)
  /// speaks no HTTP. 0: the request is sent at once.
  Duration greeting_wait{0};
  bool operator==(const HttpTarget&) const = default;
};
HEALER_DESCRIBE(HttpTarget, endpoint, path, host_header, tls, tls_verify, capture_body, method, headers,
                redirects, greeting_wait);
template <>
struct TypeDialect<HttpTarget> {
  static constexpr std::string_view name = "http";
};

struct TcpTarget {
  Endpoint endpoint;
  std::size_t banner_bytes = 0;  ///< read at most this many bytes; 0: connecting is enough
  /// Without a banner: the connection must stay open this long, or bytes must come. A proxy of the engine
  /// accepts connections although nothing listens behind it, and then closes them. 0: connecting is enough.
  Duration hold{0};
  bool operator==(const TcpTarget&) const = default;
};
HEALER_DESCRIBE(TcpTarget, endpoint, banner_bytes, hold);
template <>
struct TypeDialect<TcpTarget> {
  static constexpr std::string_view name = "tcp";
};

/// A command that the engine runs inside the container.
struct ExecTarget {
  std::string container_id;
  std::vector<std::string> command;
  bool operator==(const ExecTarget&) const = default;
};
HEALER_DESCRIBE(ExecTarget, container_id, command);
template <>
struct TypeDialect<ExecTarget> {
  static constexpr std::string_view name = "exec";
};

/// The standard gRPC health service (grpc.health.v1.Health/Check).
struct GrpcTarget {
  Endpoint endpoint;
  std::string service;
  std::string authority;  ///< the request's :authority; empty: the address and port
  bool tls = false;
  bool tls_verify = false;
  bool operator==(const GrpcTarget&) const = default;
};
HEALER_DESCRIBE(GrpcTarget, endpoint, service, authority, tls, tls_verify);
template <>
struct TypeDialect<GrpcTarget> {
  static constexpr std::string_view name = "grpc";
};

/// All that a prober needs for a check. Shared and immutable.
using ProbeTarget = std::variant<HttpTarget, TcpTarget, ExecTarget, GrpcTarget>;
using ProbeTargetPtr = std::shared_ptr<const ProbeTarget>;

/// How a check ended, as a fact. core/workload/verdict.hpp decides which of these are failures.
BOOST_DEFINE_ENUM_CLASS(
    ProbeEnd,
    Answered,  ///< http: a status line and headers arrived (and the captured body); tcp: connected (and the
               ///< banner read, or held); exec: the command ended; grpc: a status arrived
    Refused,   ///< connection refused
    Reset,     ///< the peer closed or reset the connection before the answer was complete
    ConnectTimeout,  ///< the connection did not open in time
    AnswerTimeout,   ///< the connection opened, the answer was not complete in time
    TlsFailed,       ///< the handshake or the certificate failed
    Malformed,       ///< not HTTP or gRPC, or a body that is asked for and cannot be read
    NoRoute,         ///< unknown: the host has no route to the address
    NoResources,     ///< unknown: healer has no descriptors or memory left
    Cancelled,       ///< by healer
    Denied,          ///< exec, unknown: the engine, or a proxy before it, forbids the command (401, 403, 405)
    EngineFailed,    ///< exec, unknown: the engine could not run the command, or did not answer
    NotRunning,      ///< exec, unknown: the container does not run, or is paused
    StillOpen,       ///< exec, not started: the earlier command on this target has not ended
    Compressed       ///< http, unknown if the status is accepted: the body that is asked for came compressed
)

/// What the bytes from the peer showed of its protocol. Unknown: there were none, or nobody looked.
BOOST_DEFINE_ENUM_CLASS(PeerProtocol, Unknown, Http,
                        Tls,   ///< a TLS record, or an HTTP answer that says that the port wants TLS or a
                               ///< client certificate
                        Other  ///< a greeting before the request, or an answer that is not HTTP
)

/// What a prober saw, not yet judged.
struct ProbeFacts {
  ProbeEnd end = ProbeEnd::Answered;
  int status = 0;  ///< http: the status, also if Compressed; exec: the exit code; grpc: the health service's
                   ///< ServingStatus
  int grpc_status = 0;  ///< grpc: the call's own status code (0 OK, 5 NOT_FOUND, 12 UNIMPLEMENTED, ...)
  std::string body;     ///< the captured body, tcp banner or exec output, at most 10 KiB
  std::string detail;   ///< one short phrase for operators, e.g. the TLS error
  std::chrono::microseconds duration{0};  ///< from the start of connecting to the end
  PeerProtocol protocol = PeerProtocol::Unknown;
  std::optional<Duration> retry_after;  ///< http: the answer's Retry-After, at most a day
  bool maintenance = false;        ///< http: a JSON member or a header of a failed answer says so explicitly
  bool wants_certificate = false;  ///< https: the server demands a client certificate, and healer has none
};
HEALER_DESCRIBE(ProbeFacts, end, status, grpc_status, body, detail, duration, protocol, retry_after,
                maintenance, wants_certificate);

/// The judged result of one check. HEALING.md 2: Unknown (the check could not be done) moves no counter.
BOOST_DEFINE_ENUM_CLASS(Outcome, Pass, Fail, Unknown)

BOOST_DEFINE_ENUM_CLASS(Cause, None, Refused, Reset, ConnectTimeout, AnswerTimeout, Status, BodyMismatch,
                        BannerMismatch, Tls, Malformed, EngineUnhealthy, NoRoute, NoResources, EngineDown,
                        Starved, Stale,
                        ExecFailed,    ///< exit code other than 0
                        NotServing,    ///< grpc: answered, but not SERVING
                        Denied,        ///< unknown: the command is forbidden
                        EngineFailed,  ///< unknown: the engine could not run the command
                        NotRunning,    ///< unknown: the container does not run
                        StillOpen,     ///< unknown: the earlier command has not ended
                        Connectivity,  ///< unknown: the connectivity check fails
                        Unproven,      ///< unknown: the check fails and has never passed
                        CannotRun,     ///< unknown: the check's own command cannot run (exit code 126, 127)
                        RateLimited,   ///< unknown: HTTP 429; it is alive
                        Access,        ///< HTTP 3xx, 401 or 403: something stands in front of the path
                        NotFound,      ///< HTTP 404
                        Upstream,      ///< HTTP 502 or 504: a proxy speaks of what is behind it
                        Busy           ///< the application itself asks for time: maintenance, Retry-After
)

struct Verdict {
  Outcome outcome = Outcome::Pass;
  Cause cause = Cause::None;
  Reason reason;                             ///< of one probe: a CheckProblem
  std::optional<Duration> retry_after = {};  ///< as the failed answer asked
  bool in_maintenance = false;               ///< as the failed answer said
};
HEALER_DESCRIBE(Verdict, outcome, cause, reason, retry_after, in_maintenance);

}  // namespace healer
