# shellcheck shell=bash
# What the scripts share; sourced, not run. The caller has set -euo pipefail.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# build_preset PRESET [TARGET...]: configures build/PRESET and builds the targets, or everything.
build_preset() {
    local preset=$1
    shift
    cmake -S "$root" --preset "$preset" >/dev/null
    cmake --build "$root/build/$preset" ${1:+--target "$@"}
}

# run_tests PRESET [CTEST-ARGUMENT...]: two at a time for each core, for most of them wait.
run_tests() {
    local preset=$1
    shift
    ctest --test-dir "$root/build/$preset" --output-on-failure --no-tests=error -j "$((2 * $(nproc)))" "$@"
}

# Sets and exports DOCKER_HOST and HEALER_ENGINE_STARTED: an engine answers afterwards.
start_engine() {
    local settings
    settings=$("$root/scripts/engine.sh" start)
    eval "$settings"
}

# What the compose file needs to hand the engine's socket to healer: DOCKER_SOCK and DOCKER_GID.
export_socket() {
    case ${DOCKER_HOST:-} in
        unix://*) DOCKER_SOCK=${DOCKER_HOST#unix://} ;;
        *) DOCKER_SOCK=${DOCKER_SOCK:-/var/run/docker.sock} ;;
    esac
    DOCKER_GID=$(stat -L -c %g "$DOCKER_SOCK")
    export DOCKER_SOCK DOCKER_GID
}

# compose ARGUMENTS...: Compose v2 where it is installed, else docker-compose 1.29.
compose() {
    if docker compose version >/dev/null 2>&1; then
        docker compose "$@"
    else
        docker-compose "$@"
    fi
}

# new_token FILE: a fresh random token. All may read it: containers' users are not ours.
new_token() {
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$1"
    chmod 644 "$1"
}

# free_port FROM: the first port from there on that nothing listens on.
free_port() {
    local port=$1
    while [ -n "$(ss -Hltn "( sport = :$port )")" ]; do port=$((port + 1)); done
    echo "$port"
}

# wait_until SECONDS WHAT COMMAND...: until the command succeeds; says WHAT was not to be had otherwise.
wait_until() {
    local end=$((SECONDS + $1)) limit=$1 what=$2
    shift 2
    until "$@"; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "not after $limit s: $what" >&2
            return 1
        fi
        sleep 0.2
    done
}

# has_image IMAGE: it is here, or a registry gives it.
has_image() {
    docker image inspect "$1" >/dev/null 2>&1 || timeout 300 docker pull -q "$1" >/dev/null 2>&1
}

# default_image VARIABLE: the image that the compose file names for that variable by default.
default_image() {
    sed -n "s/.*\${$1:-\(.*\)}.*/\1/p" "$root/deploy/compose/docker-compose.yml"
}
