#include "notify/autoheal_text.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "net/curl_client.hpp"
#include "notify/alert_text.hpp"
#include "notify/answer.hpp"

namespace healer {

std::optional<std::string> autoheal_text(const Alert& alert, const std::string& container_id) {
  if (is_test(alert)) return printable(alert.text);
  if (alert.workload.empty()) return std::nullopt;
  const bool cured =
      (alert.kind == AlertKind::Recovered && alert.event == "RECOVERED" && alert.attempt > 0) ||
      alert.event == "SUMMARY";
  if (!cured && alert.kind != AlertKind::Critical) return std::nullopt;
  return fmt::format("Container {} ({}) found to be unhealthy. {} the container!", printable(alert.workload),
                     container_id.substr(0, 12), cured ? "Successfully restarted" : "Failed to restart");
}

Result<std::unique_ptr<Notifier>> AutohealNotifier::create(AutohealChannel channel, std::string name,
                                                           Body body) {
  if (auto good = net::check_url(channel.url); !good) return tl::unexpected(std::move(good.error()));
  return std::unique_ptr<Notifier>(
      new AutohealNotifier(std::move(channel), std::move(name), std::move(body)));
}

void AutohealNotifier::send(const Alert& alert, const std::string&, std::function<void(Sent)> done) {
  const auto text = autoheal_text(alert, channel_.id_of(alert.workload));
  if (!text) return channel_.post([done = std::move(done)]() { done(Sent{}); });
  net::CurlRequest request;
  request.url = channel_.url;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = body_(*text);
  request.timeout = channel_.timeout;
  channel_.client.send(std::move(request), [secrets = secret_texts(channel_.url),
                                            done = std::move(done)](Result<net::CurlAnswer> answer) {
    done(sent_of(redacted(std::move(answer), secrets)));
  });
}

}  // namespace healer
