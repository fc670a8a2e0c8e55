#include "probe/grpc_call.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "base/encode.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "probe/grpc_health.hpp"
#include "probe/http_request.hpp"

namespace healer {

namespace {

constexpr std::size_t answer_cap = 64 * 1024;  // all bytes of the connection
constexpr std::size_t message_cap = 200;
constexpr Duration server_margin = 1s;

// gRPC's table for an answer without a grpc-status (HTTP to gRPC status code mapping).
int grpc_status_of_http(int status) {
  switch (status) {
    case 400:
      return 13;  // INTERNAL
    case 401:
      return 16;  // UNAUTHENTICATED
    case 403:
      return 7;  // PERMISSION_DENIED
    case 404:
      return 12;  // UNIMPLEMENTED
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;  // UNAVAILABLE
    default:
      return 2;  // UNKNOWN
  }
}

// grpc-timeout: at most eight digits and a unit.
std::string timeout_text(Duration timeout) {
  constexpr long long most = 99'999'999;
  const long long milliseconds = std::max<long long>(timeout.count(), 1);
  if (milliseconds <= most) return std::to_string(milliseconds) + "m";
  return std::to_string(std::min(milliseconds / 1000, most)) + "S";
}

// -1 if the text is no number.
int number_of(std::string_view text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : -1;
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

GrpcCall& self_of(void* user) {
  return *static_cast<GrpcCall*>(user);
}

}  // namespace

// nghttp2 calls these, only from within take().
struct GrpcCall::Callbacks {
  static ssize_t read_request(nghttp2_session*, std::int32_t, std::uint8_t* buffer, std::size_t size,
                              std::uint32_t* flags, nghttp2_data_source*, void* user) {
    GrpcCall& self = self_of(user);
    const std::size_t part = std::min(size, self.request_.size() - self.request_read_);
    std::copy_n(self.request_.data() + self.request_read_, part, buffer);
    self.request_read_ += part;
    if (self.request_read_ == self.request_.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(part);
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                       void* user) {
    GrpcCall& self = self_of(user);
    if (frame->hd.stream_id != self.stream_) return 0;
    const std::string_view key = text_of(name, name_size);
    const std::string_view text = text_of(value, value_size);
    if (key == ":status") self.http_status_ = number_of(text);
    if (key == "grpc-status") self.grpc_status_ = number_of(text);
    if (key == "grpc-message") self.message_ = clip(printable(percent_decoded(text)), message_cap);
    return 0;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                     std::size_t size, void* user) {
    GrpcCall& self = self_of(user);
    if (stream == self.stream_) self.body_.append(text_of(data, size));
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    GrpcCall& self = self_of(user);
    const bool on_stream = frame->hd.stream_id == self.stream_;
    if (frame->hd.type == NGHTTP2_RST_STREAM || frame->hd.type == NGHTTP2_GOAWAY) self.reset_by_peer_ = true;
    const bool ends = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (on_stream && ends) self.end_of_stream();
    return 0;
  }

  static int on_stream_close(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* user) {
    GrpcCall& self = self_of(user);
    if (stream != self.stream_ || self.over_) return 0;
    const std::string name = nghttp2_http2_strerror(error);
    if (self.reset_by_peer_) {
      self.end(ProbeEnd::Reset, "the server ended the call: " + name);
    } else {
      self.end(ProbeEnd::Malformed, "not a gRPC answer: " + (self.problem_.empty() ? name : self.problem_));
    }
    return 0;
  }

  static int on_problem(nghttp2_session*, int, const char* text, std::size_t size, void* user) {
    GrpcCall& self = self_of(user);
    if (self.problem_.empty()) self.problem_ = clip(printable({text, size}), message_cap);
    return 0;
  }
};

void GrpcCall::SessionDeleter::operator()(nghttp2_session* session) const {
  nghttp2_session_del(session);
}

GrpcCall::GrpcCall(const GrpcTarget& target, Duration timeout)
    : request_(encode_health_request(target.service)) {
  nghttp2_session_callbacks* raw_callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&raw_callbacks) != 0) throw std::bad_alloc();
  const std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)> callbacks(
      raw_callbacks, &nghttp2_session_callbacks_del);
  nghttp2_session_callbacks_set_on_header_callback(raw_callbacks, &Callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw_callbacks, &Callbacks::on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(raw_callbacks, &Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(raw_callbacks, &Callbacks::on_stream_close);
  nghttp2_session_callbacks_set_error_callback2(raw_callbacks, &Callbacks::on_problem);
  nghttp2_session* raw_session = nullptr;
  if (nghttp2_session_client_new(&raw_session, raw_callbacks, this) != 0) throw std::bad_alloc();
  session_.reset(raw_session);

  // No push and no header table: a connection has only one call.
  constexpr std::array settings{nghttp2_settings_entry{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0},
                                nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
  nghttp2_submit_settings(raw_session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());

  std::string authority;
  if (target.authority.empty()) {
    append_authority(target.endpoint, authority);
  } else {
    append_host(target.authority, authority);
  }
  const std::string agent = std::string("healer/") + version;
  const std::string limit = timeout_text(timeout + server_margin);
  const std::array fields{field(":method", "POST"),
                          field(":scheme", target.tls ? "https" : "http"),
                          field(":path", "/grpc.health.v1.Health/Check"),
                          field(":authority", authority),
                          field("te", "trailers"),
                          field("content-type", "application/grpc"),
                          field("user-agent", agent),
                          field("grpc-timeout", limit)};
  nghttp2_data_provider provider{};
  provider.read_callback = &Callbacks::read_request;
  stream_ = nghttp2_submit_request(raw_session, nullptr, fields.data(), fields.size(), &provider, nullptr);
  if (stream_ < 0) throw std::bad_alloc();
  refill();
}

GrpcCall::~GrpcCall() = default;

void GrpcCall::refill() {
  for (;;) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size <= 0) return;
    outgoing_.append(text_of(data, static_cast<std::size_t>(size)));
  }
}

void GrpcCall::sent(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ < outgoing_.size()) return;
  outgoing_.clear();
  sent_ = 0;
}

bool GrpcCall::take(std::string_view bytes) {
  if (over_) return true;
  received_ += bytes.size();
  const ssize_t read = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (over_) return true;
  if (read < 0) {
    if (problem_.empty()) problem_ = nghttp2_strerror(static_cast<int>(read));
    end(ProbeEnd::Malformed, "not HTTP/2: " + problem_);
    return true;
  }
  if (received_ > answer_cap) {
    end(ProbeEnd::Malformed, "answer larger than 64 KiB");
    return true;
  }
  refill();
  // nghttp2 ends the connection; to_send() has its GOAWAY.
  if (!over_ && nghttp2_session_want_read(session_.get()) == 0)
    end(ProbeEnd::Malformed, problem_.empty() ? "not HTTP/2" : "not HTTP/2: " + problem_);
  return over_;
}

void GrpcCall::peer_closed() {
  if (!over_) end(ProbeEnd::Reset, "closed before the answer was whole");
}

void GrpcCall::end(ProbeEnd end, std::string detail) {
  over_ = true;
  facts_.end = end;
  facts_.detail = std::move(detail);
}

void GrpcCall::end_of_stream() {
  if (over_) return;
  if (grpc_status_ < 0 && http_status_ == 200)
    return end(ProbeEnd::Malformed, "an answer without a grpc-status");
  if (grpc_status_ < 0) {
    facts_.grpc_status = grpc_status_of_http(http_status_);
    return end(ProbeEnd::Answered, "HTTP " + std::to_string(http_status_) + " without a grpc-status");
  }
  if (grpc_status_ == 0) {
    const auto status = decode_health_response(body_);
    if (!status) return end(ProbeEnd::Malformed, "not a health answer");
    facts_.status = *status;
  }
  facts_.grpc_status = grpc_status_;
  end(ProbeEnd::Answered, std::move(message_));
}

}  // namespace healer
