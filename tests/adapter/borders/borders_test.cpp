// No character that drives a terminal or hides text passes a border of healer.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include "api/history_json.hpp"
#include "api/snapshot_metrics.hpp"
#include "api/status_json.hpp"
#include "app/log.hpp"
#include "base/text.hpp"
#include "cli/json_fields.hpp"
#include "cli/table.hpp"
#include "model/notification_template.hpp"
#include "model/walk.hpp"
#include "notify/notification_json.hpp"
#include "notify/notification_text.hpp"
#include "support/full_value.hpp"

using namespace healer;
using healer::testing::full;

namespace {

/// What must not pass, as UTF-8: C0, C1, direction, no width, tags, sequences of a terminal.
const std::vector<std::string> evil{"\x01",
                                    "\x07",
                                    "\x1b[31m",
                                    "\x1b]0;title\a",
                                    "\x1b",
                                    "\x7f",
                                    "\xC2\x80",
                                    "\xC2\x85",
                                    "\xC2\x9B"
                                    "31m",
                                    "\xC2\x9D",
                                    "\xC2\xAD",
                                    "\xD8\x9C",
                                    "\xE2\x80\x8B",
                                    "\xE2\x80\x8D",
                                    "\xE2\x80\x8E",
                                    "\xE2\x80\xA8",
                                    "\xE2\x80\xAE",
                                    "\xE2\x81\xA0",
                                    "\xE2\x81\xA6",
                                    "\xE2\x81\xA9",
                                    "\xEF\xBB\xBF",
                                    "\xF3\xA0\x81\x81"};

std::string evil_text() {
  std::string text = "begin";
  for (const std::string& each : evil) text += each + "x";
  return text + "end";
}

/// The first character of the text that no border lets through; empty if there is none.
std::string first_evil(std::string_view text, bool lines) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    const std::string character(text.substr(i, length));
    const bool control = byte < 0x20 || byte == 0x7F;
    if (control && !(lines && (byte == '\n' || byte == '\r'))) return character;
    for (const std::string& each : evil)
      if (length > 1 && each.starts_with(character)) return character;
    i += length;
  }
  return {};
}

/// The same for every text of a JSON document, its names included.
std::string first_evil(const boost::json::value& value) {
  if (const auto* text = value.if_string())
    return first_evil(std::string_view(text->data(), text->size()), true);
  if (const auto* array = value.if_array())
    for (const auto& each : *array)
      if (std::string found = first_evil(each); !found.empty()) return found;
  if (const auto* object = value.if_object())
    for (const auto& [name, each] : *object) {
      if (std::string found = first_evil(std::string_view(name.data(), name.size()), false); !found.empty())
        return found;
      if (std::string found = first_evil(each); !found.empty()) return found;
    }
  return {};
}

/// A value of the model with the text in every place for texts.
template <class T>
T filled_with(const std::string& text) {
  T value = full<T>();
  walk(value, [&](std::string& each) { each = text; });
  return value;
}

Snapshot snapshot_of(const std::string& text) {
  Snapshot snapshot;
  snapshot.host = snapshot.engine_description = snapshot.store = text;
  snapshot.workloads.push_back(filled_with<WorkloadStatus>(text));
  snapshot.host_status = filled_with<HostStatus>(text);
  snapshot.channels.push_back(filled_with<ChannelStatus>(text));
  snapshot.rules.push_back(filled_with<RuleStatus>(text));
  return snapshot;
}

struct Border {
  const char* name;
  std::function<std::string(const std::string&)> passed;  ///< what a text is on the other side
};

std::string decoded(const std::string& document) {
  return first_evil(boost::json::parse(document));
}

}  // namespace

TEST_CASE("no border lets a character through that drives a terminal, hides text or turns it around") {
  const auto notification = [](const std::string& text) { return filled_with<Notification>(text); };
  const std::vector<Border> borders{
      {"log line",
       [](const std::string& text) {
         return text_log_line({LogLevel::Info, text, text});
       }},
      {"table of a command",
       [](const std::string& text) {
         return cli::aligned({{{text, cli::Colour::None}, {text, cli::Colour::None}}}, false);
       }},
      {"field of an answer that a command shows",
       [](const std::string& text) {
         const boost::json::object answer{{"a", text}, {"b", boost::json::array{text}}};
         return cli::Fields(answer).text("a");
       }},
      {"title of a notification",
       [&](const std::string& text) { return notification_title(notification(text)); }},
      {"text of a notification",
       [&](const std::string& text) { return plain_text(notification(text), 10'000); }},
      {"metrics", [](const std::string& text) { return snapshot_metrics(snapshot_of(text)); }},
  };
  for (const Border& border : borders) {
    CAPTURE(border.name);
    const std::string passed = border.passed(evil_text());
    CHECK(passed.find("begin") != std::string::npos);
    CHECK(first_evil(passed, true) == "");
  }
}

TEST_CASE("no JSON document of healer holds such a character") {
  const std::string text = evil_text();
  CHECK(decoded(json_log_line({LogLevel::Info, text, text}, 0)) == "");
  CHECK(decoded(status_json(snapshot_of(text))) == "");
  CHECK(decoded(history_json({filled_with<PastIncident>(text)}, Instant{})) == "");
  CHECK(decoded(incident_json(filled_with<IncidentFile>(text), Instant{})) == "");
  CHECK(decoded(explanation_json(filled_with<WorkloadExplanation>(text), snapshot_of(text))) == "");
  const auto body = read_notification_template(
      R"({"title":"{title}","text":"{text}","excerpt":"{excerpt}","link":"{link}"})");
  REQUIRE(body);
  CHECK(decoded(fill(*body, filled_with<Notification>(text))) == "");
}
