#include "field/notification_sink.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <regex>

namespace healer::testing {
namespace {

std::string unescaped(const std::string& body) {
  std::string plain;
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (body[at] == '\\' && at + 1 < body.size()) {
      ++at;
      plain += body[at] == 'n' ? '\n' : body[at];
    } else {
      plain += body[at];
    }
  }
  return plain;
}

bool in_a_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
}

/// Takes each occurrence of the name as a word out of the text; false when there is none.
bool take_out(std::string& text, const std::string& name) {
  bool found = false;
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
    const auto end = at + name.size();
    const bool begins = at == 0 || (!in_a_name(text[at - 1]) && text[at - 1] != '.');
    const bool ends = end == text.size() || !in_a_name(text[end]);
    if (begins && ends) {
      text.erase(at, name.size());
      found = true;
    } else {
      at = end;
    }
  }
  return found;
}

}  // namespace

NotificationSink::NotificationSink()
    : server_(ScriptedServer::on_loopback(
          replying([](const SeenRequest&) { return answer(200, "ok", "text/plain"); }))) {}

std::string NotificationSink::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port()) + "/notification";
}

std::vector<std::string> NotificationSink::texts() const {
  std::vector<std::string> all;
  for (const SeenRequest& request : server_->requests()) all.push_back(unescaped(request.body));
  return all;
}

std::vector<std::string> NotificationSink::about(const std::string& name,
                                                 const std::string& expression) const {
  const std::vector<std::string> all = texts();
  std::vector<std::string> found;
  std::copy_if(all.begin(), all.end(), std::back_inserter(found),
               [&](const std::string& text) { return says_of(text, name, expression); });
  return found;
}

bool says_of(const std::string& text, const std::string& name, const std::string& expression) {
  std::string rest = text;
  if (!take_out(rest, name)) return false;
  // std::regex has no "." over line ends.
  std::replace(rest.begin(), rest.end(), '\n', ' ');
  return std::regex_search(rest, std::regex(expression, std::regex::icase));
}

}  // namespace healer::testing
