#!/usr/bin/env bash
# Measures the time from a fault to the first good answer with a real Docker Engine, for healer, for the guide's monitor
# and for docker-autoheal's loop; prints a table as Markdown.
#
#     bench/heal.sh [--rounds N] [--only SCENARIO,...] [--contestants healer,guide,autoheal] [--logs FOLDER]
#
# The scenarios are 503, closed, drop, hang, crash, killed, engine, parent and half (bench/README.md). --logs keeps each
# round's log of the contestant in FOLDER. An engine is started if none answers, and stopped again. Exits 1 when healer
# did not heal something or restarted something without need; no time is a failure. Run it on an idle machine.
set -euo pipefail

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"

pid=

# What a program that was killed left: its containers and networks carry its process id in their label.
remove_leftovers() {
    local label='{{.ID}} {{.Label "healer.test"}}'
    mine() { awk -v part="/$pid/" 'index($2, part) { print $1 }'; }
    docker ps -a --filter label=healer.test --format "$label" | mine | xargs -r docker rm -f -v >/dev/null
    docker network ls --filter label=healer.test --format "$label" | mine | xargs -r docker network rm >/dev/null
    docker image ls -q --filter "reference=healer-test/*:$pid" | xargs -r docker image rm -f >/dev/null
}

finish() {
    local code=$?
    if [ -n "$pid" ]; then
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        remove_leftovers || true
    fi
    if [ "${HEALER_ENGINE_STARTED:-no}" = yes ]; then "$root/scripts/engine.sh" stop; fi
    exit "$code"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

build_preset release healer heal >&2
start_engine

processor=$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)
printf '%s cores (%s), Linux %s, Docker %s, load %s before the start\n\n' \
    "$(nproc)" "${processor:-unknown processor}" "$(uname -r)" "$(docker version --format '{{.Server.Version}}')" \
    "$(cut -d ' ' -f 1-3 /proc/loadavg)"

"$root/build/release/heal" "$@" &
pid=$!
wait "$pid"
