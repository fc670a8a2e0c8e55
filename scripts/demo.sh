#!/usr/bin/env bash
# A demonstration on this machine: installs missing packages, builds, starts the stack, breaks the sample app and
# shows how healer heals it.
#
#   scripts/demo.sh         starts the stack and lets healer heal one failure; the stack keeps running
#   scripts/demo.sh down    stops and removes the stack, and the engine if the demo started one
#
# HEALER_AIRGAP=1 uses no registry (Prometheus from Debian's package, no Grafana). The demo does the same when the
# images cannot be pulled. CHECK_INTERVAL and the other variables of docker-compose.yml apply.
set -euo pipefail

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
state=$root/build/demo
project='healer-demo'

say() { echo "demo: $*" >&2; }
step() { printf '\n== %s\n' "$*"; }

# Starts the demo again with sudo if this user may not use the engine's socket.
need_engine_access() {
    if [ "$(id -u)" = 0 ] || docker version >/dev/null 2>&1; then return 0; fi
    command -v sudo >/dev/null || {
        say "this user may not use the container engine: run the demo as root"
        exit 1
    }
    say "this user may not use the container engine: continuing with sudo"
    exec sudo -E "$root/scripts/demo.sh" "$@"
}

says_recovered() { demo_compose logs --no-color healer 2>/dev/null | grep -q RECOVERED; }

demo_compose() { compose --project-name "$project" "${files[@]}" "$@"; }

up() {
    step "installing missing packages"
    "$root/scripts/setup.sh" build test stack
    step "building (the first time takes some minutes)"
    build_preset release healer sample-app
    need_engine_access up

    step "starting the stack"
    start_engine
    export_socket
    mkdir -p "$state"
    # A second `up` finds the engine of the first one; the file remembers that the demo started it.
    if [ "$HEALER_ENGINE_STARTED" = yes ]; then touch "$state/engine-started"; fi

    files=(-f "$root/docker-compose.yml")
    local airgap=()
    if [ -n "${HEALER_AIRGAP:-}" ] ||
        ! { has_image "${PROMETHEUS_IMAGE:-$(default_image PROMETHEUS_IMAGE)}" &&
            has_image "${ALERTMANAGER_IMAGE:-$(default_image ALERTMANAGER_IMAGE)}" &&
            has_image "${GRAFANA_IMAGE:-$(default_image GRAFANA_IMAGE)}"; }; then
        say "the images cannot be pulled, or HEALER_AIRGAP is set: using the air-gapped variant without Grafana"
        files+=(-f "$root/docker-compose.airgap.yml")
        airgap=(airgap)
    fi
    "$root/scripts/images.sh" "${airgap[@]}"

    # Shorter than the defaults, so that the demo does not take long.
    export HEALER_HOST_NAME=${HEALER_HOST_NAME:-$(uname -n)}
    export CHECK_INTERVAL=${CHECK_INTERVAL:-5} REQUEST_TIMEOUT=${REQUEST_TIMEOUT:-2} LOG_FORMAT=${LOG_FORMAT:-text}
    demo_compose down --volumes >/dev/null 2>&1 || true
    local port name
    for port in SAMPLE_APP_PORT:8080 HEALER_PORT:9180 PROMETHEUS_PORT:9090 ALERTMANAGER_PORT:9093 GRAFANA_PORT:3000; do
        name=${port%:*}
        if [ -z "${!name:-}" ]; then export "$name=$(free_port "${port#*:}")"; fi
    done
    {
        printf 'export DOCKER_HOST=%q DOCKER_SOCK=%q\n' "$DOCKER_HOST" "$DOCKER_SOCK"
        printf 'files=('
        printf '%q ' "${files[@]}"
        printf ')\n'
    } >"$state/stack"
    demo_compose up -d --no-build

    local app=http://127.0.0.1:$SAMPLE_APP_PORT healer=http://127.0.0.1:$HEALER_PORT
    wait_until 60 "sample-app at $app" curl -sf --max-time 2 -o /dev/null "$app/health"
    wait_until 60 "healer at $healer/readyz" curl -sf --max-time 2 -o /dev/null "$healer/readyz"
    wait_until 60 "healer reporting sample-app as healthy" watches_sample_app "$healer"

    step "breaking the sample app"
    local outcome=0
    "$root/scripts/simulate_failure.sh" --url "$app" || outcome=$?
    # The app answers before healer has verified the remedy and reports the recovery.
    if [ "$outcome" = 0 ]; then wait_until 60 "healer reporting the recovery" says_recovered; fi
    step "healer's log and status"
    demo_compose logs --no-color --tail 15 healer
    demo_compose exec -T healer /usr/bin/healer status || true

    step "$([ "$outcome" = 0 ] && echo "healed; look around" || echo "NOT healed; look around")"
    echo "  sample app   $app/health"
    echo "  healer       $healer/metrics"
    echo "  Prometheus   http://127.0.0.1:$PROMETHEUS_PORT"
    echo "  Alertmanager http://127.0.0.1:$ALERTMANAGER_PORT"
    if [ ${#airgap[@]} = 0 ]; then echo "  Grafana      http://127.0.0.1:$GRAFANA_PORT"; fi
    echo "  another failure:       scripts/simulate_failure.sh --url $app --mode hang"
    echo "  one that only Prometheus sees:  scripts/simulate_failure.sh --url $app --mode errors"
    echo "  stop everything:       scripts/demo.sh down"
    return "$outcome"
}

watches_sample_app() {
    # Not grep -q: it ends at the first match, curl then fails to write, and pipefail makes the function fail.
    curl -sf --max-time 2 "$1/metrics" | grep '^healer_target_up{[^}]*} 1' >/dev/null
}

down() {
    need_engine_access down
    if [ -f "$state/stack" ]; then
        # shellcheck disable=SC1091  # written by up
        . "$state/stack"
        # The engine may have ended meanwhile, and all containers with it.
        if docker version >/dev/null 2>&1; then demo_compose down --volumes --remove-orphans; fi
    fi
    if [ -f "$state/engine-started" ]; then "$root/scripts/engine.sh" stop; fi
    rm -rf "$state"
    echo "demo: everything is stopped"
}

case ${1:-up} in
    up) up ;;
    down) down ;;
    *)
        sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
