// Answers of any JSON: no reader crashes, and no value of the environment is shown.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "engine/docker/recreate_body.hpp"
#include "guard/answers.hpp"
#include "guard/facts.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace healer;
  using namespace healer::guard;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)docker::read_original(bytes);
  (void)docker::plan_recreation(bytes, bytes, {"image", ""});
  boost::json::error_code fault;
  const boost::json::value value = boost::json::parse(bytes, fault);
  if (fault || !value.is_object()) return 0;
  const boost::json::object& object = value.get_object();
  const Settings settings;
  const auto facts = read_facts(object, docker::Labels{}, settings);
  if (facts) {
    (void)judge_target(*facts, settings, {});
    (void)judge_hazards(*facts, settings);
    (void)judge_command({"a"}, *facts, settings);
  }
  const std::string secret = "hunter2-planted";
  const Hider hider({"DB_PASSWORD=" + secret});
  for (const View view : {View::Whole, View::Outline}) {
    // "Id", names, networks and the state are the engine's facts, and are not searched.
    const boost::json::object config{{"Config", object}};
    if (boost::json::serialize(shown_inspect(config, view, hider)).find(secret) != std::string::npos)
      std::abort();
    (void)shown_inspect(object, view, hider);
    (void)shown_list_entry(object, view, hider);
    (void)shown_event(object, view, hider);
  }
  (void)shown_version(object);
  (void)shown_image(object);
  (void)shown_top(object, hider);
  (void)shown_exec(object, hider);
  return 0;
}
