#pragma once

#include <string>
#include <string_view>

namespace healer {

/// The id of the container that this process runs in; empty on the host. Docker and Podman bind-mount files
/// of the container's folder (resolv.conf, hostname) into the container, and their source path in mountinfo
/// holds the id; cgroup paths hold it if the cgroup namespace is the host's.
std::string own_container_id(std::string_view mountinfo, std::string_view cgroup);

/// Reads /proc/self.
std::string own_container_id();

}  // namespace healer
