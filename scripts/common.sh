# shellcheck shell=bash
# Functions that the scripts share. This file is sourced, not run; the caller has set -euo pipefail.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# build_preset PRESET [TARGET...]: configures build/PRESET and builds the targets, or everything without targets.
build_preset() {
    local preset=$1
    shift
    cmake -S "$root" --preset "$preset" >/dev/null
    cmake --build "$root/build/$preset" ${1:+--target "$@"}
}

# run_tests PRESET [CTEST-ARGUMENT...]: runs two tests at a time per core, because most tests wait.
run_tests() {
    local preset=$1
    shift
    ctest --test-dir "$root/build/$preset" --output-on-failure --no-tests=error -j "$((2 * $(nproc)))" "$@"
}

# Makes sure that an engine answers; exports DOCKER_HOST, HEALER_ENGINE_OWN and HEALER_ENGINE_STARTED.
start_engine() {
    local settings
    settings=$("$root/scripts/engine.sh" start)
    eval "$settings"
}

# Exports DOCKER_SOCK, by which the compose file gives the guard the engine's socket.
export_socket() {
    case ${DOCKER_HOST:-} in
        unix://*) DOCKER_SOCK=${DOCKER_HOST#unix://} ;;
        *) DOCKER_SOCK=${DOCKER_SOCK:-/var/run/docker.sock} ;;
    esac
    export DOCKER_SOCK
}

# compose ARGUMENTS...: runs Compose v2 if it is installed, else docker-compose 1.29.
compose() {
    if docker compose version >/dev/null 2>&1; then
        docker compose "$@"
    else
        docker-compose "$@"
    fi
}

# free_port FROM: prints the first port from FROM on that nothing listens on.
free_port() {
    local port=$1
    while [ -n "$(ss -Hltn "( sport = :$port )")" ]; do port=$((port + 1)); done
    echo "$port"
}

# wait_until SECONDS WHAT COMMAND...: waits until the command succeeds; else prints WHAT and fails.
wait_until() {
    local end=$((SECONDS + $1)) limit=$1 what=$2
    shift 2
    until "$@"; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "gave up after $limit s waiting for: $what" >&2
            return 1
        fi
        sleep 0.2
    done
}

# has_image IMAGE: whether the engine has the image, or can pull it.
has_image() {
    docker image inspect "$1" >/dev/null 2>&1 || timeout 300 docker pull -q "$1" >/dev/null 2>&1
}

# default_image VARIABLE: prints the compose file's default for that variable.
default_image() {
    sed -n "s/.*\${$1:-\(.*\)}.*/\1/p" "$root/docker-compose.yml"
}
