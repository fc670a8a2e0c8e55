#pragma once

#include <memory>

#include "base/result.hpp"
#include "cli/commands.hpp"
#include "config/load.hpp"
#include "engine/engine.hpp"

namespace healer {

namespace net {
class Loop;
}

/// The engine that the settings name. `environment` holds what the docker client reads beside them.
Result<std::unique_ptr<Engine>> open_docker(net::Loop& loop, const DockerConnection& docker,
                                            const Environment& environment);

/// Every container of that engine, asked on a loop of its own; for commands that need no daemon.
Result<cli::Containers> list_containers(const DockerConnection& docker, const Environment& environment);

}  // namespace healer
