#include "notify/http_notifier.hpp"

#include "base/redact.hpp"

namespace healer {
namespace {

constexpr std::size_t shortest_secret = 4;

class HttpNotifier final : public Notifier {
 public:
  HttpNotifier(HttpChannel channel, HttpService service)
      : self_(std::make_shared<Parts>(Parts{std::move(channel), {}, {}})) {
    self_->secrets = secret_texts(service.url, service.secrets);
    self_->service = std::move(service);
  }

  const std::string& channel() const override { return self_->channel.name; }
  Duration gap() const override { return self_->channel.gap; }

  bool carries(const Notification& notification) const override {
    return !self_->service.requests(notification).empty();
  }

  void send(const Notification& notification, const std::string&, std::function<void(Sent)> done) override {
    std::vector<net::CurlRequest> requests = self_->service.requests(notification);
    if (requests.empty()) return self_->channel.post([done = std::move(done)] { done(Sent{}); });
    send_from(self_, std::make_shared<std::vector<net::CurlRequest>>(std::move(requests)), 0,
              std::move(done));
  }

 private:
  struct Parts {
    HttpChannel channel;
    HttpService service;
    std::vector<std::string> secrets;
  };
  using Requests = std::shared_ptr<std::vector<net::CurlRequest>>;

  // The request keeps the parts alive: the notifier may be destroyed before the answer comes.
  static void send_from(std::shared_ptr<Parts> parts, Requests requests, std::size_t next,
                        std::function<void(Sent)> done) {
    net::CurlRequest request = std::move((*requests)[next]);
    // All requests of one try share the channel's timeout.
    request.timeout = parts->channel.timeout / static_cast<int>(requests->size());
    request.authorities = parts->channel.authorities;
    net::CurlClient& client = parts->channel.client;
    client.send(std::move(request), [parts = std::move(parts), requests = std::move(requests), next,
                                     done = std::move(done)](Result<net::CurlAnswer> answer) mutable {
      answer = redacted(std::move(answer), parts->secrets);
      SettingKeys keys;
      if (answer) keys = parts->service.blamed(answer->status, answer->body);
      Sent sent = parts->service.meaning(std::move(answer));
      if (sent.result == Sent::Result::Refused)
        sent.error += setting_advice(parts->channel.setting_names, keys);
      if (sent.result == Sent::Result::Delivered && next + 1 < requests->size())
        return send_from(std::move(parts), std::move(requests), next + 1, std::move(done));
      done(std::move(sent));
    });
  }

  std::shared_ptr<Parts> self_;
};

}  // namespace

std::string without_secrets(std::string text, const std::vector<Secret>& secrets) {
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
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  return request;
}

void add_header(net::CurlRequest& request, std::string name, std::string value) {
  request.headers.emplace_back(std::move(name), std::move(value));
}

Secret joined_url(const std::string& base, const std::string& path) {
  const auto end = base.find_last_not_of('/');
  return Secret{(end == std::string::npos ? std::string() : base.substr(0, end + 1)) + path};
}

}  // namespace healer
