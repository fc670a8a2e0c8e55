#include "notify/http_notifier.hpp"

#include <string_view>

#include "base/redact.hpp"
#include "notify/answer.hpp"

namespace healer {
namespace {

constexpr std::size_t shortest_secret = 4;

std::string without(std::string text, const std::vector<Secret>& secrets) {
  for (const Secret& secret : secrets) {
    const std::string& value = secret.reveal();
    if (value.size() < shortest_secret) continue;
    for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at)) {
      text.replace(at, value.size(), redacted_mark);
      at += redacted_mark.size();
    }
  }
  return text;
}

class HttpNotifier final : public Notifier {
 public:
  HttpNotifier(HttpChannel channel, HttpService service)
      : channel_(std::move(channel)),
        request_(std::move(service.request)),
        secrets_(std::make_shared<const std::vector<Secret>>(std::move(service.secrets))) {}

  const std::string& channel() const override { return channel_.name; }

  void send(const Alert& alert, std::function<void(Sent)> done) override {
    std::optional<net::CurlRequest> request = request_(alert);
    if (!request) return channel_.post([done = std::move(done)] { done(Sent{}); });
    request->timeout = channel_.timeout;
    channel_.client.send(std::move(*request),
                         [done = std::move(done), secrets = secrets_](Result<net::CurlAnswer> answer) {
                           // Before it is clipped: half a secret would not be found any more.
                           if (answer)
                             answer->body = without(std::move(answer->body), *secrets);
                           else
                             answer.error().message = without(std::move(answer.error().message), *secrets);
                           done(sent_of(std::move(answer)));
                         });
  }

 private:
  HttpChannel channel_;
  std::function<std::optional<net::CurlRequest>(const Alert&)> request_;
  std::shared_ptr<const std::vector<Secret>> secrets_;
};

}  // namespace

Result<std::unique_ptr<Notifier>> make_http_notifier(HttpChannel channel, HttpService service) {
  if (auto good = net::check_url(service.url); !good) return tl::unexpected(std::move(good.error()));
  for (const Secret& secret : service.secrets)
    if (!net::fit_for_head(secret.reveal()))
      return failure(ErrorCode::InvalidInput,
                     "its key, token or header value contains a line break or a control character; accepted: "
                     "printable text on one line");
  return std::unique_ptr<Notifier>(std::make_unique<HttpNotifier>(std::move(channel), std::move(service)));
}

net::CurlRequest json_request(Secret url, std::string body) {
  net::CurlRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  request.body = std::move(body);
  return request;
}

Secret joined_url(const std::string& base, const std::string& path) {
  const auto end = base.find_last_not_of('/');
  return Secret{(end == std::string::npos ? std::string() : base.substr(0, end + 1)) + path};
}

}  // namespace healer
