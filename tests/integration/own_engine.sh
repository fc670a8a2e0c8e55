#!/usr/bin/env bash
# Runs an integration test on an engine where no other test's healer sees its containers.
#
# HEALER_TEST_OWN_ENGINES=1 (root; scripts/test.sh sets it when it started the engine itself): the test gets
# its own engine, network and resolver. Otherwise the test waits for its turn at the shared engine.
# usage: own_engine.sh COMMAND [ARGUMENT...]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ "${HEALER_TEST_OWN_ENGINES:-}" != 1 ]; then
    exec flock "${TMPDIR:-/tmp}/healer-test-engine.lock" "$@"
fi
if [ "${1:-}" != inside ]; then
    exec unshare --net --mount "${BASH_SOURCE[0]}" inside "$@"
fi
shift

work=$(mktemp -d)
test_pid=
trap '[ -z "$test_pid" ] || kill -TERM "$test_pid" || true
      "$root/scripts/engine.sh" purge >/dev/null 2>&1 || true
      rm -rf "$work"' EXIT
trap 'exit 143' TERM INT

# The network leads nowhere; with this resolver look-ups fail at once instead of after a timeout.
echo "nameserver 127.0.0.1" >"$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf
ip link set lo up

# Nothing listens on this address: the default socket may be another engine's.
export DOCKER_HOST=unix://$work/nothing.sock HEALER_ENGINE_DIR=$work/engine
settings=$("$root/scripts/engine.sh" start 2>/dev/null)
eval "$settings"
"$@" &
test_pid=$!
code=0
wait "$test_pid" || code=$?
test_pid=
exit "$code"
