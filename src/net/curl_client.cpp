#include "net/curl_client.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/text.hpp"
#include "base/version.hpp"
#include "net/curl_transfer.hpp"
#include "net/loop.hpp"

namespace healer::net {
namespace {

constexpr std::size_t shortest_secret = 6;
// Each channel has at most one request at a time; no channel may wait for another's request that hangs.
constexpr long connections_limit = 512;
constexpr long idle_connections_limit = 16;

// libcurl's process-wide state. libcurl counts the calls of init and cleanup, so each client holds one.
class CurlLibrary {
 public:
  CurlLibrary() : ready_(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {}
  ~CurlLibrary() {
    if (ready_) curl_global_cleanup();
  }
  CurlLibrary(const CurlLibrary&) = delete;
  CurlLibrary& operator=(const CurlLibrary&) = delete;
  bool ready() const { return ready_; }

 private:
  bool ready_;
};

struct MultiClose {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

class HttpTransfer final : public CurlTransfer {
 public:
  HttpTransfer(CurlRequest request, std::function<void(Result<CurlAnswer>)> done)
      : request_(std::move(request)), done_(std::move(done)) {}
  ~HttpTransfer() override { close(); }

  CURLcode set_up(const TransferTrust& trust) override {
    CURLcode code = set_common(trust, request_.authorities, request_.url.reveal(), request_.timeout);
    const auto set = [&](CURLoption option, auto value) {
      if (code == CURLE_OK) code = curl_easy_setopt(easy(), option, value);
    };
    set(CURLOPT_URL, request_.url.reveal().c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_USERAGENT, (std::string("healer/") + version).c_str());
    if (request_.method == "POST" || request_.method == "PUT") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, request_.body.c_str());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    }
    if (request_.method != "POST" && request_.method != "GET")
      set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    append("Expect:");  // libcurl must not wait for "100 Continue", which some peers never send
    for (const auto& [name, value] : request_.headers) append(name + ": " + value);
    set(CURLOPT_HTTPHEADER, list());
    set(CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    return code;
  }

  std::function<void()> finished(CURLcode code) override {
    return [done = std::move(done_), result = answer_of(code)]() mutable {
      if (done) done(std::move(result));
    };
  }

  std::function<void()> refused(Error error) override {
    return [done = std::move(done_), error = std::move(error)]() mutable {
      if (done) done(tl::unexpected(std::move(error)));
    };
  }

 private:
  Result<CurlAnswer> answer_of(CURLcode code) {
    long status = 0;
    curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
    const bool body_cut = code == CURLE_WRITE_ERROR && body_.size() == request_.answer_limit;
    if (code == CURLE_OK || body_cut) {
      CurlAnswer answer;
      answer.status = static_cast<int>(status);
      answer.body = request_.url_is_public ? std::move(body_) : without_url(std::move(body_), request_.url);
      curl_off_t seconds = 0;
      if (curl_easy_getinfo(easy(), CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0) {
        constexpr curl_off_t longest = 366LL * 24 * 3600;
        answer.retry_after = std::chrono::seconds(std::min(seconds, longest));
      }
      return answer;
    }
    if (head_bytes_ > curl_head_limit)
      return failure(ErrorCode::Protocol,
                     "the head of the answer exceeds " + std::to_string(curl_head_limit / 1024) + " KiB");
    return failure(error_code_of(code), printable(without_url(error_text(code), request_.url)));
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
    auto& self = *static_cast<HttpTransfer*>(user);
    const std::size_t room = self.request_.answer_limit - self.body_.size();
    self.body_.append(data, std::min(room, size));
    return size <= room ? size : CURL_WRITEFUNC_ERROR;  // ends an answer that is too long or endless
  }

  static std::size_t on_header(char*, std::size_t, std::size_t size, void* user) {
    auto& self = *static_cast<HttpTransfer*>(user);
    self.head_bytes_ += size;
    return self.head_bytes_ <= curl_head_limit ? size : CURL_WRITEFUNC_ERROR;
  }

  CurlRequest request_;
  std::function<void(Result<CurlAnswer>)> done_;
  std::string body_;
  std::size_t head_bytes_ = 0;
};

}  // namespace

CurlTrust CurlTrust::from_environment() {
  const auto value = [](const char* name) {
    const char* text = std::getenv(name);
    return std::string(text ? text : "");
  };
  return CurlTrust{value("SSL_CERT_FILE"), value("SSL_CERT_DIR")};
}

std::string CurlTrust::problem() const {
  if (file.empty()) return {};
  const auto text = read_authorities(file);
  return text ? std::string() : text.error().message;
}

// The state that libcurl's multi interface and the loop share. Handlers on the loop hold it weakly.
class CurlClient::State : public std::enable_shared_from_this<State> {
 public:
  State(Loop& loop, const CurlTrust& trust) : loop_(loop), timer_(loop) {
    trust_.folder = trust.folder;
    if (trust.file.empty()) return;
    if (const auto more = read_authorities(trust.file)) trust_.authorities = trusting(*more);
  }
  ~State() { close(); }

  bool open() {
    if (!library_.ready()) return false;
    multi_.reset(curl_multi_init());
    if (!multi_) return false;
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &State::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &State::on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, connections_limit);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, idle_connections_limit);
    return true;
  }

  void close() {
    for (auto& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_.get(), easy);
    transfers_.clear();
    multi_.reset();  // closes kept connections, which removes their sockets from watched_
    for (auto& [descriptor, watched] : watched_) watched->stream.release();
    watched_.clear();
    timer_.cancel();
  }

  Authorities trusting(const std::string& pem) const {
    return joined_authorities(trust_.authorities ? *trust_.authorities : system_authorities(), pem);
  }

  void begin(std::unique_ptr<CurlTransfer> transfer) {
    CURL* const easy = transfer->easy();
    CURLcode code = easy ? transfer->set_up(trust_) : CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK && curl_multi_add_handle(multi_.get(), easy) != CURLM_OK) code = CURLE_FAILED_INIT;
    if (code != CURLE_OK) {
      deliver(transfer->refused(Error{
          ErrorCode::InvalidInput, std::string("the request cannot be made: ") + curl_easy_strerror(code)}));
      return;
    }
    transfers_.emplace(easy, std::move(transfer));
  }

  void deliver(std::function<void()> call) {
    loop_.post([self = weak_from_this(), call = std::move(call)] {
      if (self.lock()) call();
    });
  }

 private:
  struct Watched {
    explicit Watched(boost::asio::io_context& context) : stream(context) {}
    boost::asio::posix::stream_descriptor stream;
    int wanted = 0;  // CURL_POLL_IN | CURL_POLL_OUT
    bool reading = false;
    bool writing = false;
  };

  void act(curl_socket_t descriptor, int events) {
    int running = 0;
    curl_multi_socket_action(multi_.get(), descriptor, events, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto found = transfers_.find(message->easy_handle);
      if (found == transfers_.end()) continue;
      const CURLcode code = message->data.result;  // removing the handle destroys the message
      const std::unique_ptr<CurlTransfer> transfer = std::move(found->second);
      transfers_.erase(found);
      std::function<void()> call = transfer->finished(code);
      curl_multi_remove_handle(multi_.get(), transfer->easy());
      deliver(std::move(call));
    }
  }

  static int on_timer(CURLM*, long milliseconds, void* user) {
    auto& self = *static_cast<State*>(user);
    if (milliseconds < 0) {
      self.timer_.cancel();
    } else {
      // 0 uses the timer, too: libcurl must not be called from its own callback.
      self.timer_.set_after(std::chrono::milliseconds(milliseconds), [weak = self.weak_from_this()] {
        if (const auto state = weak.lock()) state->act(CURL_SOCKET_TIMEOUT, 0);
      });
    }
    return 0;
  }

  static int on_socket(CURL*, curl_socket_t descriptor, int what, void* user, void*) {
    auto& self = *static_cast<State*>(user);
    const auto found = self.watched_.find(descriptor);
    if (what == CURL_POLL_REMOVE) {
      if (found == self.watched_.end()) return 0;
      found->second->wanted = 0;
      found->second->stream.release();  // libcurl closes the socket
      self.watched_.erase(found);
      return 0;
    }
    std::shared_ptr<Watched> watched;
    if (found != self.watched_.end()) {
      watched = found->second;
    } else {
      watched = std::make_shared<Watched>(self.loop_.context());
      boost::system::error_code error;
      watched->stream.assign(descriptor, error);
      if (error) return -1;
      self.watched_.emplace(descriptor, watched);
    }
    watched->wanted = what & CURL_POLL_INOUT;
    self.watch(descriptor, watched);
    return 0;
  }

  void watch(curl_socket_t descriptor, const std::shared_ptr<Watched>& watched) {
    using Stream = boost::asio::posix::stream_descriptor;
    if ((watched->wanted & CURL_POLL_IN) != 0 && !watched->reading)
      wait(descriptor, watched, Stream::wait_read, CURL_CSELECT_IN, &Watched::reading);
    if ((watched->wanted & CURL_POLL_OUT) != 0 && !watched->writing)
      wait(descriptor, watched, Stream::wait_write, CURL_CSELECT_OUT, &Watched::writing);
  }

  void wait(curl_socket_t descriptor, const std::shared_ptr<Watched>& watched,
            boost::asio::posix::stream_descriptor::wait_type kind, int event, bool Watched::*busy) {
    (*watched).*busy = true;
    watched->stream.async_wait(
        kind, [weak = weak_from_this(), watched, descriptor, event, busy](boost::system::error_code error) {
          (*watched).*busy = false;
          const auto self = weak.lock();
          if (!self) return;
          // The socket may be removed by now, and its number reused for another socket.
          const auto current = self->watched_.find(descriptor);
          if (current == self->watched_.end() || current->second != watched) return;
          const int poll = event == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT;
          if ((watched->wanted & poll) != 0) self->act(descriptor, error ? CURL_CSELECT_ERR : event);
          const auto after = self->watched_.find(descriptor);
          if (after != self->watched_.end() && after->second == watched && !error)
            self->watch(descriptor, watched);
        });
  }

  Loop& loop_;
  CurlLibrary library_;  // before trust_: reading the system's authorities needs it
  TransferTrust trust_;
  Timer timer_;
  std::map<curl_socket_t, std::shared_ptr<Watched>> watched_;
  std::unique_ptr<CURLM, MultiClose> multi_;
  std::map<CURL*, std::unique_ptr<CurlTransfer>> transfers_;
};

Result<std::unique_ptr<CurlClient>> CurlClient::create(Loop& loop, const CurlTrust& trust) {
  auto state = std::make_shared<State>(loop, trust);
  if (!state->open()) return failure(ErrorCode::InvalidInput, "libcurl cannot be set up");
  return std::unique_ptr<CurlClient>(new CurlClient(std::move(state)));
}

CurlClient::CurlClient(std::shared_ptr<State> state) : state_(std::move(state)) {}

CurlClient::~CurlClient() {
  state_->close();
}

Authorities CurlClient::trusting(const std::string& pem) const {
  return state_->trusting(pem);
}

void CurlClient::send(CurlRequest request, std::function<void(Result<CurlAnswer>)> done) {
  state_->begin(std::make_unique<HttpTransfer>(std::move(request), std::move(done)));
}

void CurlClient::send_mail(MailRequest request, std::function<void(Result<MailAnswer>)> done) {
  auto good = check_mail(request);
  auto transfer = make_mail_transfer(std::move(request), std::move(done));
  if (!good) return state_->deliver(transfer->refused(std::move(good.error())));
  state_->begin(std::move(transfer));
}

Result<void> check_url(const Secret& url) {
  const auto no = [](const std::string& why) {
    return failure(ErrorCode::InvalidInput,
                   "not a usable URL (" + why + "); accepted: https://host/path or http://host/path");
  };
  const std::string& text = url.reveal();
  if (trim(text) != text || !fit_for_head(text)) return no("it holds spaces or control characters");
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (!parsed) return no("out of memory");
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) return no(curl_url_strerror(code));
  const auto part = [&](CURLUPart which) {
    char* value = nullptr;
    if (curl_url_get(parsed.get(), which, &value, 0) != CURLUE_OK) return std::string{};
    std::string copy(value);
    curl_free(value);
    return copy;
  };
  const std::string scheme = part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return no("its scheme is \"" + printable(scheme) + "\"");
  // libcurl also accepts "https:///x" and "https:/x", with x as the host.
  const auto authority = text.find("://");
  if (authority == std::string::npos || text.substr(authority + 3, 1) == "/" || part(CURLUPART_HOST).empty())
    return no("it names no host");
  return {};
}

std::string without_url(std::string text, const Secret& url) {
  const std::string& whole = url.reveal();
  std::vector<std::string> parts{whole};
  const auto scheme = whole.find("://");
  const auto authority = scheme == std::string::npos ? 0 : scheme + 3;
  const auto path = std::min(whole.find_first_of("/?#", authority), whole.size());
  const auto user_end = whole.substr(authority, path - authority).rfind('@');
  if (user_end != std::string::npos) parts.push_back(whole.substr(authority, user_end));
  parts.push_back(whole.substr(path));
  std::string part;
  for (const char c : whole.substr(path) + "/") {
    if (std::string_view("/?#&=;").find(c) == std::string_view::npos) {
      part += c;
    } else {
      parts.push_back(part);
      part.clear();
    }
  }
  for (const std::string& secret : parts) {
    if (secret.size() < shortest_secret) continue;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
      text.replace(at, secret.size(), "<redacted>");
      at += std::string_view("<redacted>").size();
    }
  }
  return text;
}

}  // namespace healer::net
