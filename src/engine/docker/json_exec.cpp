#include "engine/docker/json_exec.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/json/monotonic_resource.hpp>

#include "engine/docker/caller.hpp"
#include "engine/docker/json_fields.hpp"

namespace healer::docker {

namespace json = boost::json;

Result<std::string> parse_exec_id(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  std::string id = Fields(*parsed, problem).text("Id");
  if (problem) return failure(ErrorCode::Protocol, "the answer does not fit: " + *problem);
  if (!fit_for_path(id)) return failure(ErrorCode::Protocol, "the answer does not fit: Id is no id");
  return id;
}

Result<ExecState> parse_exec_state(std::string_view text) {
  json::monotonic_resource memory;
  const auto parsed = parse_json(text, &memory);
  if (!parsed) return tl::unexpected(parsed.error());
  Fields::Problem problem;
  const Fields root(*parsed, problem);
  ExecState state;
  state.running = root.flag("Running");
  const auto code = root.number_if_said("ExitCode");
  const Fields process = root.object("ProcessConfig");
  if (std::string program = process.text("entrypoint"); !program.empty()) {
    state.command.push_back(std::move(program));
    if (const json::array* arguments = process.array("arguments"))
      for (const auto& value : *arguments) state.command.push_back(process.text_of("arguments", value));
  }
  if (problem) return failure(ErrorCode::Protocol, "the answer does not fit: " + *problem);
  // Podman gives exit code 0 while the command runs.
  if (code && !state.running)
    state.exit_code = static_cast<int>(
        std::clamp<std::int64_t>(*code, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
  return state;
}

}  // namespace healer::docker
