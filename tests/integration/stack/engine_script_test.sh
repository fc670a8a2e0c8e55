#!/usr/bin/env bash
# Tests scripts/engine.sh in its own network namespace, so that no other engine is disturbed: it starts an
# engine, finds it again, restarts it after kill -9 with a container running, stops it, and leaves nothing.
# usage: engine_script_test.sh    (root; 77, skipped, otherwise)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
if [ "$(id -u)" != 0 ]; then
    echo "skipped: needs root, for a network namespace and an engine"
    exit 77
fi
if [ "${1:-}" != inside ]; then exec unshare --net "${BASH_SOURCE[0]}" inside; fi

work=$(mktemp -d)
engine=$root/scripts/engine.sh
# Nothing listens on this address: the default socket may be an operator's engine.
export DOCKER_HOST=unix://$work/nothing.sock HEALER_ENGINE_DIR=$work/engine
trap '"$engine" purge || true; rm -rf "$work"' EXIT
ip link set lo up

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
# read_settings WANTED-STARTED COMMAND: runs engine.sh COMMAND and applies the settings that it prints.
read_settings() {
    local printed
    printed=$("$engine" "$2") || fail "engine.sh $2"
    eval "$printed"
    if [ "$HEALER_ENGINE_OWN" != yes ] || [ "$HEALER_ENGINE_STARTED" != "$1" ]; then fail "engine.sh $2 printed: $printed"; fi
    docker version >/dev/null || fail "nothing answers at $DOCKER_HOST"
}

if "$engine" env >/dev/null 2>&1; then fail "env names an engine before there is one"; fi
if "$engine" status >/dev/null; then fail "status names an engine before there is one"; fi
read_settings yes start
read_settings no start
read_settings no env

mkdir -p "$work/image/bin"
cp "$(command -v busybox)" "$work/image/bin/busybox"
tar -C "$work/image" -c . | docker import - healer-test/busybox >/dev/null
docker run -d --name healer-test-sleeper --label healer.test=engine --network none healer-test/busybox /bin/busybox sleep 86399 >/dev/null
sleeper=$(docker inspect --format '{{.State.Pid}}' healer-test-sleeper)

pid=$(cat "$HEALER_ENGINE_DIR/run/docker.pid")
kill -KILL "$pid"
read_settings yes start
docker ps -a --format '{{.Names}}' | grep healer-test-sleeper >/dev/null || fail "the data is gone after kill -9"

docker start healer-test-sleeper >/dev/null
sleeper=$(docker inspect --format '{{.State.Pid}}' healer-test-sleeper)
kill -KILL "$(cat "$HEALER_ENGINE_DIR/run/docker.pid")"
"$engine" stop
if "$engine" status >/dev/null; then fail "status names an engine after stop"; fi
if kill -0 "$sleeper" 2>/dev/null && grep -q busybox "/proc/$sleeper/cmdline" 2>/dev/null; then
    fail "a container outlived its engine: pid $sleeper"
fi
if iptables -S | grep DOCKER >/dev/null; then fail "firewall rules are left"; fi

"$engine" purge
[ ! -e "$HEALER_ENGINE_DIR" ] || fail "purge left $HEALER_ENGINE_DIR"
if findmnt --raw --noheadings --output TARGET | grep -F "$work" >/dev/null; then fail "mounts are left"; fi
echo "engine_script: all good"
