#include "replay/recording.hpp"

#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "replay/digest.hpp"
#include "replay/words.hpp"

namespace healer::replay {
namespace {

namespace json = boost::json;

std::string line_of(const json::object& object) {
  return json::serialize(object) + "\n";
}

tl::unexpected<Error> wrong(std::string what) {
  return failure(ErrorCode::InvalidInput, std::move(what));
}

const json::value* field(const json::object& object, const char* name) {
  return object.if_contains(name);
}

std::optional<std::string> text_of(const json::value* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string().data(), value->get_string().size());
}

template <class T>
std::optional<T> number_of(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_int64() && std::in_range<T>(value->get_int64())) return static_cast<T>(value->get_int64());
  if (value->is_uint64() && std::in_range<T>(value->get_uint64())) return static_cast<T>(value->get_uint64());
  return std::nullopt;
}

std::optional<std::uint64_t> hex_of(const json::value* value) {
  const auto text = text_of(value);
  std::uint64_t number = 0;
  if (!text || text->size() != 16) return std::nullopt;
  const auto [stop, error] = std::from_chars(text->data(), text->data() + 16, number, 16);
  if (error != std::errc{} || stop != text->data() + 16) return std::nullopt;
  return number;
}

std::optional<std::vector<std::string>> texts_of(const json::value* value) {
  std::vector<std::string> texts;
  if (value == nullptr) return texts;  // nothing was decided
  if (!value->is_array()) return std::nullopt;
  for (const json::value& each : value->get_array()) {
    auto text = text_of(&each);
    if (!text) return std::nullopt;
    texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace

std::string RecordingText::head(std::string_view version, Instant now, std::uint64_t seed,
                                const HostPolicy& policy, const StoredState& stored) {
  json::object object;
  object["healer_recording"] = recording_format;
  object["version"] = json::string_view(version.data(), version.size());
  object["began"] = wall_time_of(now).unix_ms;
  object["seed"] = seed;
  object["host_policy"] = writer_.host_policy(policy);
  object["stored"] = writer_.stored(stored);
  return line_of(object);
}

std::string RecordingText::step(const Event& event, Instant now, const Effects& effects) {
  json::object object;
  object["now"] = wall_time_of(now).unix_ms;
  object["event"] = writer_.event(event);
  std::string lines;
  for (ValueWriter::NewPolicy& fresh : writer_.take_policies()) {
    json::object policy;
    policy["policy"] = fresh.number;
    policy["is"] = std::move(fresh.value);
    lines += line_of(policy);
  }
  json::array decided;
  for (const std::string& each : words(effects)) decided.emplace_back(each);
  if (!decided.empty()) object["decided"] = std::move(decided);
  object["digest"] = fmt::format("{:016x}", digest(effects));
  ++steps_;
  return lines + line_of(object);
}

std::string RecordingText::end(std::string_view why) const {
  json::object object;
  object["end"] = json::string_view(why.data(), why.size());
  object["steps"] = steps_;
  return line_of(object);
}

Result<RecordedLine> RecordingReader::head(const json::object& object) {
  const auto format = number_of<std::int64_t>(field(object, "healer_recording"));
  if (format != recording_format)
    return wrong(
        fmt::format("its format is {}; this healer reads format {}: replay it with the healer that wrote it",
                    clip(json::serialize(*field(object, "healer_recording")), 40), recording_format));
  if (begun_) return wrong("a second head; each recording is a file of its own");
  RecordedHead head;
  const auto version = text_of(field(object, "version"));
  const auto began = number_of<std::int64_t>(field(object, "began"));
  const auto seed = number_of<std::uint64_t>(field(object, "seed"));
  if (!version || !began || !seed) return wrong("the head lacks \"version\", \"began\" or \"seed\"");
  head.version = *version;
  head.began = instant_of(WallTime{*began});
  head.seed = *seed;
  const json::value* policy = field(object, "host_policy");
  const json::value* stored = field(object, "stored");
  if (policy == nullptr || stored == nullptr) return wrong("the head lacks \"host_policy\" or \"stored\"");
  auto host = reader_.host_policy(*policy);
  if (!host) return tl::unexpected(std::move(host.error()));
  auto state = reader_.stored(*stored);
  if (!state) return tl::unexpected(std::move(state.error()));
  head.policy = std::move(*host);
  head.stored = std::move(*state);
  begun_ = true;
  return RecordedLine(std::move(head));
}

Result<RecordedLine> RecordingReader::policy(const json::object& object) {
  const auto number = number_of<std::uint64_t>(field(object, "policy"));
  const json::value* is = field(object, "is");
  if (!number || is == nullptr) return wrong("a policy needs a number, and \"is\"");
  if (auto taken = reader_.policy(*number, *is); !taken) return tl::unexpected(std::move(taken.error()));
  return RecordedLine(RecordedPolicy{});
}

Result<RecordedLine> RecordingReader::step(const json::object& object) {
  const auto now = number_of<std::int64_t>(field(object, "now"));
  const auto digest = hex_of(field(object, "digest"));
  const json::value* event = field(object, "event");
  auto decided = texts_of(field(object, "decided"));
  if (!now) return wrong("now: milliseconds since 1970 were expected");
  if (!digest) return wrong("digest: 16 hexadecimal digits were expected");
  if (!decided) return wrong("decided: a list of texts was expected");
  if (event == nullptr) return wrong("the step lacks its \"event\"");
  auto read = reader_.event(*event);
  if (!read) return tl::unexpected(std::move(read.error()));
  RecordedStep step;
  step.now = instant_of(WallTime{*now});
  step.event = std::move(*read);
  step.event_text = json::serialize(*event);
  step.digest = *digest;
  step.words = std::move(*decided);
  return RecordedLine(std::move(step));
}

Result<RecordedLine> RecordingReader::read(std::string_view line) {
  json::error_code error;
  json::parse_options options;
  options.allow_invalid_utf8 = true;  // a target's answer may contain any bytes, which are kept unchanged
  const json::value value = json::parse({line.data(), line.size()}, error, {}, options);
  if (error) return wrong("no JSON: " + error.message());
  if (!value.is_object()) return wrong("no JSON object: " + clip(printable(line), 60));
  const json::object& object = value.get_object();
  if (ended_) return wrong("a line behind the end of the recording");
  if (object.contains("healer_recording")) return head(object);
  if (!begun_)
    return wrong("no recording of healer: its first line begins with " + std::string(recording_mark));
  if (object.contains("event")) return step(object);
  if (object.contains("policy")) return policy(object);
  if (const auto why = text_of(field(object, "end"))) {
    ended_ = true;
    return RecordedLine(RecordedEnd{*why});
  }
  return wrong("neither step nor policy nor end: " + clip(printable(line), 60));
}

}  // namespace healer::replay
