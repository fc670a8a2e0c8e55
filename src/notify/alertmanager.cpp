#include "notify/alertmanager.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "net/loop.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr Duration last_word_lasts = 24h;
constexpr Duration test_lasts = 5min;
constexpr std::size_t text_limit = 2000;
constexpr std::size_t excerpt_limit = 2000;
constexpr std::size_t batch = 100;

/// The alert's name: "HealerEngineDown" for the event "ENGINE DOWN".
std::string name_of(const Notification& notification) {
  if (!notification.workload.empty()) return "ContainerUnhealthy";
  std::string name = "Healer";
  bool first = true;
  for (const char c : clip(printable(notification.event), 60)) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      first = true;
      continue;
    }
    name += static_cast<char>(first ? std::toupper(static_cast<unsigned char>(c))
                                    : std::tolower(static_cast<unsigned char>(c)));
    first = false;
  }
  return name;
}

const char* severity_of(NotificationKind kind) {
  if (kind == NotificationKind::Critical) return "critical";
  return kind == NotificationKind::Info ? "info" : "warning";
}

json::object labels_of(const Notification& notification) {
  json::object labels;
  labels["alertname"] = name_of(notification);
  labels["severity"] = severity_of(notification.kind);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) labels[name] = clip(printable(value), notification_fact_limit);
  };
  add("host", notification.host);
  add("workload", notification.workload);
  add("project", notification.project);
  add("route", notification.route);
  return labels;
}

json::object annotations_of(const Notification& notification) {
  json::object annotations;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) annotations[name] = value;
  };
  add("summary", notification_title(notification));
  add("description", clip(printable(notification.text), text_limit));
  add("cause", clip(printable(notification.cause), notification_fact_limit));
  add("image", clip(printable(notification.image), notification_fact_limit));
  add("attempt", attempt_text(notification));
  if (notification.incident.value != 0) add("incident", std::to_string(notification.incident.value));
  add("advice", clip(printable(notification.advice), text_limit));
  add("excerpt", excerpt_text(notification, excerpt_limit));
  return annotations;
}

Instant start_of(const Notification& notification) {
  return notification.unhealthy_since ? std::min(*notification.unhealthy_since, notification.created_at)
                                      : notification.created_at;
}

json::object alert_of(const Notification& notification) {
  json::object made;
  made["labels"] = labels_of(notification);
  made["annotations"] = annotations_of(notification);
  made["startsAt"] = utc_time(start_of(notification));
  if (const std::string link = notification_link(notification); !link.empty()) made["generatorURL"] = link;
  return made;
}

/// The same alert with this end, but never an end before its start.
json::object ending(json::object alert, Instant ends) {
  std::string end = utc_time(ends);  // compares as text
  const auto& start = alert["startsAt"].get_string();
  alert["endsAt"] = std::max(end, std::string(start));
  return alert;
}

/// An alert that is repeated until its incident ends; as text it is the receipt.
struct Kept {
  IncidentId incident;  ///< 0: about the host
  json::object alert;   ///< without its end
};

std::string receipt_of(const Kept& kept) {
  return json::serialize(json::object{{"incident", kept.incident.value}, {"alert", kept.alert}});
}

std::optional<Kept> kept_of(const std::string& receipt) {
  json::error_code error;
  json::value value = json::parse(receipt, error);
  if (error || !value.is_object()) return std::nullopt;
  const json::value* incident = value.get_object().if_contains("incident");
  json::value* alert = value.get_object().if_contains("alert");
  if (!incident || !incident->is_number() || !alert || !alert->is_object()) return std::nullopt;
  const json::value* labels = alert->get_object().if_contains("labels");
  const json::value* start = alert->get_object().if_contains("startsAt");
  if (!labels || !labels->is_object() || !start || !start->is_string()) return std::nullopt;
  const auto number = incident->to_number<std::uint64_t>(error);
  if (error) return std::nullopt;
  return Kept{IncidentId{number}, std::move(alert->get_object())};
}

// Callbacks on the loop hold it weakly: the notifier may be destroyed before they run.
class Alertmanager : public std::enable_shared_from_this<Alertmanager> {
 public:
  Alertmanager(HttpChannel channel, AlertmanagerHost host, std::unique_ptr<Notifier> http,
               std::shared_ptr<std::string> body)
      : channel_(std::move(channel)),
        host_(std::move(host)),
        http_(std::move(http)),
        body_(std::move(body)),
        timer_(host_.loop) {}

  const HttpChannel& channel() const { return channel_; }

  void wait() {
    timer_.set_after(host_.repeat, [self = weak_from_this()] {
      if (const auto state = self.lock()) state->repeat();
    });
  }

  void recall(const std::vector<Receipt>& receipts) {
    for (const Receipt& receipt : receipts)
      if (auto kept = kept_of(receipt.text)) kept_.insert_or_assign(receipt.dedup_key, std::move(*kept));
  }

  void send(const Notification& notification, const std::string& receipt, std::function<void(Sent)> done) {
    if (busy_) {
      waiting_ = [this, notification, receipt, done = std::move(done)] { send(notification, receipt, done); };
      return;
    }
    const Instant now = host_.now();
    const std::optional<Kept> known = kept_of(receipt);
    json::array alerts;
    std::optional<Kept> keep;
    if (notification.kind == NotificationKind::Degraded || notification.kind == NotificationKind::Critical) {
      json::object made = alert_of(notification);
      if (known && known->alert.at("labels") != made.at("labels"))
        alerts.push_back(ending(known->alert, now));
      const bool open = is_open(notification.incident);
      const bool last_word = !open && notification.kind == NotificationKind::Critical;
      alerts.push_back(last_word ? ending(made, now + last_word_lasts) : made);
      if (open) keep = Kept{notification.incident, std::move(made)};
    } else if (known) {
      json::object over = known->alert;
      over["annotations"] = annotations_of(notification);
      alerts.push_back(ending(std::move(over), now));
    } else if (notification.kind == NotificationKind::Recovered && !notification.workload.empty()) {
      for (const NotificationKind kind : {NotificationKind::Degraded, NotificationKind::Critical}) {
        Notification former = notification;
        former.kind = kind;
        alerts.push_back(ending(alert_of(former), now));
      }
    }
    if (is_test(notification)) alerts.push_back(ending(alert_of(notification), now + test_lasts));
    if (alerts.empty()) return channel_.post([done = std::move(done)] { done(Sent{}); });
    post(std::move(alerts),
         [this, key = notification.dedup_key, keep = std::move(keep), done = std::move(done)](Sent sent) {
           if (sent.result == Sent::Result::Delivered) {
             sent.receipt = keep ? receipt_of(*keep) : std::string();
             kept_.erase(key);
             if (keep) kept_.emplace(key, *keep);
           }
           done(std::move(sent));
         });
  }

 private:
  bool is_open(IncidentId incident) const { return incident.value == 0 || host_.still_open(incident); }

  // One request at a time: a repeated alert must not arrive after the alert's end.
  void post(json::array alerts, std::function<void(Sent)> done) {
    busy_ = true;
    *body_ = json::serialize(alerts);
    http_->send(Notification{}, "", [self = weak_from_this(), done = std::move(done)](Sent sent) {
      const auto state = self.lock();
      if (!state) return;
      state->busy_ = false;
      done(std::move(sent));
      if (!state->busy_ && state->waiting_) std::exchange(state->waiting_, {})();
    });
  }

  // The result is ignored: the next repetition follows soon, and notifications that cannot be delivered show
  // that Alertmanager is down.
  void repeat() {
    wait();
    if (busy_) return;
    std::vector<std::string> keys;
    for (const auto& [key, kept] : kept_) keys.push_back(key);
    repeat(std::move(keys));
  }

  void repeat(std::vector<std::string> keys) {
    const Instant now = host_.now();
    json::array alerts;
    std::vector<std::string> over;
    while (!keys.empty() && alerts.size() < batch) {
      const auto kept = kept_.find(keys.back());
      keys.pop_back();
      if (kept == kept_.end()) continue;
      const bool open = is_open(kept->second.incident);
      alerts.push_back(open ? kept->second.alert : ending(kept->second.alert, now));
      if (!open) over.push_back(kept->first);
    }
    if (alerts.empty()) return;
    post(std::move(alerts), [this, keys = std::move(keys), over = std::move(over)](const Sent& sent) {
      if (sent.result != Sent::Result::Delivered) return;
      for (const std::string& key : over) kept_.erase(key);
      // A waiting notification goes first; the other keys are repeated half a minute later.
      if (!waiting_) repeat(keys);
    });
  }

  HttpChannel channel_;
  AlertmanagerHost host_;
  std::unique_ptr<Notifier> http_;
  std::shared_ptr<std::string> body_;  // of the next request
  net::Timer timer_;
  std::map<std::string, Kept> kept_;  // by dedup key
  bool busy_ = false;
  std::function<void()> waiting_;  // a notification to send when the request under way is done
};

class AlertmanagerNotifier final : public Notifier {
 public:
  explicit AlertmanagerNotifier(std::shared_ptr<Alertmanager> state) : state_(std::move(state)) {}
  const std::string& channel() const override { return state_->channel().name; }
  Duration gap() const override { return state_->channel().gap; }
  bool carries(const Notification& notification) const override {
    return notification.kind != NotificationKind::Info || is_test(notification);
  }
  void recall(const std::vector<Receipt>& receipts) override { state_->recall(receipts); }
  void send(const Notification& notification, const std::string& receipt,
            std::function<void(Sent)> done) override {
    state_->send(notification, receipt, std::move(done));
  }

 private:
  std::shared_ptr<Alertmanager> state_;
};

}  // namespace

std::string alertmanager_alert(const Notification& notification, std::optional<Instant> ends) {
  return json::serialize(ends ? ending(alert_of(notification), *ends) : alert_of(notification));
}

Result<std::unique_ptr<Notifier>> make_alertmanager_notifier(HttpChannel channel,
                                                             const AlertmanagerChannel& settings,
                                                             AlertmanagerHost host) {
  const auto body = std::make_shared<std::string>();
  HttpService service;
  service.url = joined_url(settings.url.reveal(), "/api/v2/alerts");
  service.secrets = {settings.token};
  service.blamed = settings.token.empty() ? blames("url") : blames("url", "token");
  service.requests = [url = service.url, token = settings.token, body](const Notification&) {
    net::CurlRequest request = json_request(url, *body);
    if (!token.empty()) add_header(request, "Authorization", "Bearer " + token.reveal());
    return std::vector<net::CurlRequest>{std::move(request)};
  };
  auto http = make_http_notifier(channel, std::move(service));
  if (!http) return tl::unexpected(std::move(http.error()));
  auto state = std::make_shared<Alertmanager>(std::move(channel), std::move(host), std::move(*http), body);
  state->wait();
  return std::unique_ptr<Notifier>(std::make_unique<AlertmanagerNotifier>(std::move(state)));
}

}  // namespace healer
