#include "notify/autoheal_text.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "notify/notification_text.hpp"

namespace healer {

std::optional<std::string> autoheal_text(const Notification& notification, const std::string& container_id) {
  if (is_test(notification)) return printable(notification.text);
  if (notification.workload.empty()) return std::nullopt;
  const bool recovered = (notification.kind == NotificationKind::Recovered &&
                          notification.event == "RECOVERED" && notification.attempt > 0) ||
                         notification.event == "SUMMARY";
  if (!recovered && notification.kind != NotificationKind::Critical) return std::nullopt;
  return fmt::format("Container {} ({}) found to be unhealthy. {} the container!",
                     printable(notification.workload), container_id.substr(0, 12),
                     recovered ? "Successfully restarted" : "Failed to restart");
}

Result<std::unique_ptr<Notifier>> AutohealNotifier::create(AutohealChannel channel, std::string name,
                                                           Body body, Meaning meaning) {
  if (auto good = net::check_url(channel.url); !good) return tl::unexpected(std::move(good.error()));
  return std::unique_ptr<Notifier>(
      new AutohealNotifier(std::move(channel), std::move(name), std::move(body), std::move(meaning)));
}

void AutohealNotifier::send(const Notification& notification, const std::string&,
                            std::function<void(Sent)> done) {
  const auto text = autoheal_text(notification, channel_.id_of(notification.workload));
  if (!text) return channel_.post([done = std::move(done)]() { done(Sent{}); });
  net::CurlRequest request;
  request.url = channel_.url;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = body_(*text);
  request.timeout = channel_.timeout;
  channel_.client.send(std::move(request), [secrets = secret_texts(channel_.url), meaning = meaning_,
                                            names = channel_.setting_names,
                                            done = std::move(done)](Result<net::CurlAnswer> answer) {
    Sent sent = meaning(redacted(std::move(answer), secrets));
    if (sent.result == Sent::Result::Refused) sent.error += setting_advice(names, {"url"});
    done(std::move(sent));
  });
}

}  // namespace healer
