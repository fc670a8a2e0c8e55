#include <algorithm>
#include <cctype>
#include <cstring>
#include <set>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "base/encode.hpp"
#include "base/text.hpp"
#include "net/curl_transfer.hpp"
#include "net/mail_name.hpp"

namespace healer::net {
namespace {

constexpr std::size_t reply_limit = 300;

// Removes the password in plain form and in the forms of AUTH LOGIN and AUTH PLAIN: a server may repeat each.
std::string without_password(std::string text, const MailRequest& request) {
  const std::string& password = request.password.reveal();
  if (password.empty()) return text;
  const std::string whole = std::string(1, '\0') + request.user + '\0' + password;
  for (const std::string& secret : {base64(whole), base64(password), password}) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
      text.replace(at, secret.size(), "<redacted>");
      at += std::string_view("<redacted>").size();
    }
  }
  return text;
}

class MailTransfer final : public CurlTransfer {
 public:
  MailTransfer(MailRequest request, std::function<void(Result<MailAnswer>)> done)
      : request_(std::move(request)), done_(std::move(done)) {}
  ~MailTransfer() override { close(); }

  CURLcode set_up(const TransferTrust& trust) override {
    const bool tls = request_.security == MailRequest::Security::Tls;
    const bool literal = request_.host.find(':') != std::string::npos;
    url_ = (tls ? "smtps://" : "smtp://") + (literal ? "[" + request_.host + "]" : request_.host) + ":" +
           std::to_string(request_.port);
    // libcurl says the URL's path in EHLO.
    if (!request_.helo.empty()) url_ += "/" + percent_encoded(request_.helo);
    CURLcode code = set_common(trust, request_.authorities, url_, request_.timeout);
    const auto set = [&](CURLoption option, auto value) {
      if (code == CURLE_OK) code = curl_easy_setopt(easy(), option, value);
    };
    from_ = "<" + request_.from + ">";
    for (const std::string& each : request_.to) append("<" + each + ">");
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_USE_SSL, request_.security == MailRequest::Security::StartTls
                             ? static_cast<long>(CURLUSESSL_ALL)
                             : static_cast<long>(CURLUSESSL_NONE));
    if (!request_.user.empty()) {
      set(CURLOPT_USERNAME, request_.user.c_str());
      set(CURLOPT_PASSWORD, request_.password.reveal().c_str());
    }
    set(CURLOPT_MAIL_FROM, from_.c_str());
    set(CURLOPT_MAIL_RCPT, list());
    // The mail goes to the recipients that the server accepts, also if it refuses others.
    set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.message.size()));
    set(CURLOPT_READFUNCTION, &MailTransfer::on_read);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_HEADERFUNCTION, &MailTransfer::on_reply);
    set(CURLOPT_HEADERDATA, this);
    // One connection per mail. libcurl sends QUIT at its end and waits for the answer, which would block this
    // thread: see said().
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_OPENSOCKETFUNCTION, &MailTransfer::on_open);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_CLOSESOCKETFUNCTION, &MailTransfer::on_close);
    set(CURLOPT_CLOSESOCKETDATA, this);
    set(CURLOPT_DEBUGFUNCTION, &MailTransfer::on_debug);
    set(CURLOPT_DEBUGDATA, this);
    set(CURLOPT_VERBOSE, 1L);
    return code;
  }

  std::function<void()> finished(CURLcode code) override {
    return [done = std::move(done_), result = result_of(code)]() mutable {
      if (done) done(std::move(result));
    };
  }

  std::function<void()> refused(Error error) override {
    return [done = std::move(done_), error = std::move(error)]() mutable {
      if (done) done(tl::unexpected(std::move(error)));
    };
  }

 private:
  Result<MailAnswer> result_of(CURLcode code) {
    long reply = 0;
    curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &reply);
    MailAnswer answer;
    answer.recipients_refused = std::move(recipients_refused_);
    if (code == CURLE_OK) {
      answer.code = 250;
      return answer;
    }
    // A code of 4xx or 5xx is a refusal by the server. After a broken transfer the code is that of the last
    // positive reply.
    const bool said_no = reply >= 400 && reply < 600 && code != CURLE_OPERATION_TIMEDOUT &&
                         code != CURLE_USE_SSL_FAILED && code != CURLE_PEER_FAILED_VERIFICATION;
    if (said_no) {
      answer.code = static_cast<int>(reply);
      answer.reply = std::move(last_no_);
      answer.command = refused_command_;
      return answer;
    }
    const ErrorCode kind = code == CURLE_LOGIN_DENIED ? ErrorCode::Refused : error_code_of(code);
    const std::string text =
        code == CURLE_LOGIN_DENIED ? "the server offers no login that is known here" : error_text(code);
    return failure(kind, printable(without_password(text, request_)));
  }

  // A reply of several lines arrives line by line, each with the code.
  void heard(std::string_view line) {
    if (line.size() < 3 || (line[0] != '4' && line[0] != '5')) return;
    last_no_ = clip(printable(without_password(std::string(trim(line)), request_)), reply_limit);
    refused_command_ = command_;
    if (asks_recipient_ && line.size() > 3 && line[3] != '-') recipients_refused_.push_back(last_no_);
  }

  void said(std::string_view command) {
    asks_recipient_ = command.starts_with("RCPT TO:");
    // A line of a login is no command, and may be the password.
    for (const char* word : {"EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA"})
      if (command.starts_with(word)) command_ = word;
    // The mail is done. libcurl does not wait for the answer to QUIT if the socket is shut down.
    if (command.starts_with("QUIT"))
      for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }

  static std::size_t on_read(char* into, std::size_t size, std::size_t count, void* user) {
    auto& self = *static_cast<MailTransfer*>(user);
    const std::size_t length = std::min(size * count, self.request_.message.size() - self.read_);
    std::memcpy(into, self.request_.message.data() + self.read_, length);
    self.read_ += length;
    return length;
  }

  static std::size_t on_reply(char* data, std::size_t, std::size_t size, void* user) {
    auto& self = *static_cast<MailTransfer*>(user);
    self.reply_bytes_ += size;
    if (self.reply_bytes_ > curl_head_limit) return CURL_WRITEFUNC_ERROR;
    self.heard({data, size});
    return size;
  }

  static curl_socket_t on_open(void* user, curlsocktype, curl_sockaddr* address) {
    const int descriptor = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (descriptor < 0) return CURL_SOCKET_BAD;
    static_cast<MailTransfer*>(user)->open_.insert(descriptor);
    return descriptor;
  }

  static int on_close(void* user, curl_socket_t descriptor) {
    static_cast<MailTransfer*>(user)->open_.erase(descriptor);
    return ::close(descriptor);
  }

  static int on_debug(CURL*, curl_infotype kind, char* data, std::size_t size, void* user) {
    if (kind == CURLINFO_HEADER_OUT) static_cast<MailTransfer*>(user)->said({data, size});
    return 0;
  }

  MailRequest request_;
  std::function<void(Result<MailAnswer>)> done_;
  std::string url_;
  std::string from_;
  std::size_t read_ = 0;
  std::size_t reply_bytes_ = 0;
  std::string last_no_;
  bool asks_recipient_ = false;
  std::string command_;
  std::string refused_command_;
  std::vector<std::string> recipients_refused_;
  std::set<int> open_;
};

// No character that ends a line of SMTP.
bool fit_for_line(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

bool fit_for_host(const std::string& host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view(".-_:").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

Result<void> check_mail_address(const std::string& address) {
  const auto no = [&](const char* why) {
    return failure(ErrorCode::InvalidInput, "\"" + clip(printable(address), 120) + "\" is no address (" +
                                                why + "); accepted: name@host, printable ASCII");
  };
  constexpr std::size_t longest = 254;  // RFC 5321, 4.5.3.1.3
  if (address.size() > longest) return no("it is longer than 254 bytes");
  const auto at = address.rfind('@');
  if (at == std::string::npos || at == 0 || at + 1 == address.size()) return no("it lacks a name or a host");
  for (const unsigned char c : address)
    if (c <= 0x20 || c >= 0x7F ||
        std::string_view("<>()[]\\,;:\"").find(static_cast<char>(c)) != std::string_view::npos)
      return no("it holds a space, a bracket, a quote or another sign that none has");
  if (address.find('@') != at) return no("it holds more than one @");
  if (!fit_for_host(address.substr(at + 1))) return no("what follows the @ is no host");
  return {};
}

Result<void> check_mail(const MailRequest& request) {
  const auto no = [](const char* why) { return failure(ErrorCode::InvalidInput, why); };
  if (!fit_for_host(request.host)) return no("the mail server's host is no host name and no address");
  if (request.port == 0) return no("the mail server's port is 0; accepted: 1 to 65535");
  if (!request.helo.empty() && !is_mail_name(request.helo))
    return no("the name for EHLO is no host name and no address in brackets");
  if (!fit_for_line(request.user) || !fit_for_line(request.password.reveal()))
    return no("the mail server's user or password holds a control character");
  if (auto good = check_mail_address(request.from); !good) return good;
  if (request.to.empty()) return no("no address to send to");
  for (const std::string& each : request.to)
    if (auto good = check_mail_address(each); !good) return good;
  return {};
}

std::unique_ptr<CurlTransfer> make_mail_transfer(MailRequest request,
                                                 std::function<void(Result<MailAnswer>)> done) {
  return std::make_unique<MailTransfer>(std::move(request), std::move(done));
}

}  // namespace healer::net
