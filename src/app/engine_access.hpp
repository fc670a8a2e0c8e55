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

/// The engine of the settings. `environment`: the docker client's other variables.
Result<std::unique_ptr<Engine>> open_docker(net::Loop& loop, const DockerConnection& docker,
                                            const Environment& environment);

/// Every container of that engine, listed on a separate loop; for commands that need no daemon.
Result<cli::Containers> list_containers(const DockerConnection& docker, const Environment& environment);

}  // namespace healer
