#include "support/slack_sink.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

namespace healer::testing {
namespace json = boost::json;

SlackSink::SlackSink(std::vector<std::string> answers) : answers_(std::move(answers)) {
  auto next = std::make_shared<std::atomic<std::size_t>>(0);
  server_ = ScriptedServer::on_loopback(replying([this, next](const SeenRequest&) {
    const std::size_t number = (*next)++;
    return number < answers_.size() ? answers_[number] : answer(200, "ok", "text/plain");
  }));
}

std::string SlackSink::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port()) + "/services/T/B/secret";
}

std::vector<SlackMessage> SlackSink::accepted() const {
  const std::vector<SeenRequest> seen = server_->requests();
  std::vector<SlackMessage> all;
  for (std::size_t number = 0; number < seen.size(); ++number) {
    if (number < answers_.size() && !answers_[number].starts_with("HTTP/1.1 200")) continue;
    const json::value message = json::parse(seen[number].body);
    for (const json::value& attachment : message.at("attachments").as_array()) {
      const auto text = [&](const char* field) { return std::string(attachment.at(field).as_string()); };
      all.push_back({text("color"), text("title"), text("text")});
    }
  }
  return all;
}

std::size_t SlackSink::with_color(const std::string& color) const {
  const std::vector<SlackMessage> all = accepted();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const SlackMessage& one) { return one.color == color; }));
}

std::size_t SlackSink::about(const std::string& part) const {
  const std::vector<SlackMessage> all = accepted();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const SlackMessage& one) {
    return one.title.find(part) != std::string::npos || one.text.find(part) != std::string::npos;
  }));
}

}  // namespace healer::testing
