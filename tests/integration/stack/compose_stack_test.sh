#!/usr/bin/env bash
# The stack of docker-compose.yml, air-gapped variant, as on a fresh machine: no variable is set. It is built, starts, is
# broken, is healed through the guard, is scraped by Prometheus, answers every query of the dashboard, stops.
# usage: compose_stack_test.sh PATH/TO/healer    (root; 77, skipped, otherwise)
#
# Without variables the stack has the default ports, image names and socket. So it runs on an engine of its own, in its own
# network and mount namespace. Nothing leads out of there: what needs a network is built on the engine of DOCKER_HOST first.
set -euo pipefail

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../../scripts/common.sh"
cd "$root"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
step() { echo "== $*"; }

# at_most IMAGE MEGABYTES
at_most() {
    local size
    size=$(docker image inspect --format '{{.Size}}' "$1")
    echo "$1: $size bytes"
    [ "$size" -le $(($2 * 1000 * 1000)) ] || fail "$1 has $size bytes, more than $2 MB"
}

# Makes the images, saves those that the inner engine cannot make, and runs the rest of this script there.
outside() {
    if [ "$(id -u)" != 0 ]; then
        echo "skipped: needs root, for namespaces and an engine"
        exit 77
    fi
    if ! docker version >/dev/null 2>&1; then
        echo "no engine answers at ${DOCKER_HOST:-the default socket}: scripts/engine.sh starts one" >&2
        [ "${HEALER_TEST_REQUIRE_ENGINE:-}" != 1 ] || exit 1
        echo "skipped"
        exit 77
    fi
    name=healer-test-$$
    work=$(mktemp -d)
    export HEALER_BINARY HEALER_IMAGE_LABEL=healer.test=$name
    HEALER_BINARY=$(realpath -- "$1")
    export HEALER_IMAGE=$name/healer:test HEALER_AUTOHEAL_IMAGE=$name/healer-autoheal:test
    export HEALER_GUARD_IMAGE=$name/healer-guard:test SAMPLE_APP_IMAGE=$name/sample-app:test
    export HEALER_PROMETHEUS_IMAGE=$name/prometheus:test HEALER_ALERTMANAGER_IMAGE=$name/alertmanager:test
    trap 'docker rmi -f "$HEALER_IMAGE" "$HEALER_AUTOHEAL_IMAGE" "$HEALER_GUARD_IMAGE" "$SAMPLE_APP_IMAGE" \
              "$HEALER_PROMETHEUS_IMAGE" "$HEALER_ALERTMANAGER_IMAGE" >/dev/null 2>&1 || true
          rm -rf --one-file-system "$work"' EXIT

    step "images"
    "$root/scripts/images.sh" airgap >"$work/images.log" 2>&1 || {
        cat "$work/images.log" >&2
        fail "the images do not build"
    }
    at_most "$HEALER_IMAGE" 35
    at_most "$HEALER_AUTOHEAL_IMAGE" 38
    at_most "$HEALER_GUARD_IMAGE" 10
    at_most "$SAMPLE_APP_IMAGE" 12
    docker save -o "$work/images.tar" debian:bookworm-slim "$HEALER_PROMETHEUS_IMAGE" "$HEALER_ALERTMANAGER_IMAGE"
    unshare --net --mount "${BASH_SOURCE[0]}" --inside "$work" "$HEALER_PROMETHEUS_IMAGE" "$HEALER_ALERTMANAGER_IMAGE"
}

if [ "${1:-}" != --inside ]; then
    outside "$1"
    exit
fi
work=$2

# bare COMMAND...: without any variable of this machine.
bare() { env -i PATH="$PATH" HOME="$work" "$@"; }
words=(docker-compose)
if bare docker compose version >/dev/null 2>&1; then words=(docker compose); fi
stack() { bare "${words[@]}" -f docker-compose.yml -f docker-compose.airgap.yml "$@"; }
docker() { bare docker "$@"; }

passed=no
finish() {
    if [ "$passed" = no ]; then
        for service in healer guard; do
            echo "--- the log of $service" >&2
            stack logs --no-color --tail 100 "$service" >&2 || true
        done
        stack ps >&2 || true
    fi
    HEALER_ENGINE_DIR=$work/engine "$root/scripts/engine.sh" purge >/dev/null 2>&1 || true
}
trap finish EXIT

step "an engine at the default socket"
# The network leads nowhere; with this resolver look-ups fail at once instead of after a timeout.
echo "nameserver 127.0.0.1" >"$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf
mount -t tmpfs tmpfs /run
ip link set lo up
settings=$(DOCKER_HOST=unix://$work/nothing.sock HEALER_ENGINE_DIR=$work/engine "$root/scripts/engine.sh" start 2>"$work/engine.log") || {
    cat "$work/engine.log" >&2
    fail "no engine"
}
# A group that no other machine has: nothing but the socket itself says which it is.
engine_group=24242
socket=$(eval "$settings" && echo "${DOCKER_HOST#unix://}")
chgrp "$engine_group" "$socket"
chmod 660 "$socket"
ln -s "$socket" /run/docker.sock
docker load -q -i "$work/images.tar" >/dev/null
rm "$work/images.tar"
docker tag "$3" healer-prometheus:latest
docker tag "$4" healer-alertmanager:latest

step "build and up"
# The programs are compiled already; a fresh machine compiles them here.
stack build --build-arg ROOTS=prebuilt sample-app guard healer >"$work/build.log" 2>&1 || {
    cat "$work/build.log" >&2
    fail "the images of the stack do not build"
}
stack up -d >"$work/up.log" 2>&1 || {
    cat "$work/up.log" >&2
    fail "the stack does not come up"
}
app=http://127.0.0.1:8080 healer=http://127.0.0.1:9180 prometheus=http://127.0.0.1:9090
container() { docker ps -aq --filter "label=com.docker.compose.service=$1"; }
inspect() { docker inspect --format "$2" "$(container "$1")"; }

answers() { curl -sf --max-time 2 -o /dev/null "$1"; }
app_is_healthy() {
    curl -sf --max-time 2 "$healer/metrics" >"$work/metrics" &&
        grep -E "^healer_target_up\{[^}]*workload=\"[^\"]*sample-app[^\"]*\"[^}]*\} 1$" "$work/metrics" >/dev/null
}
engine_says_healthy() { [ "$(inspect "$1" '{{.State.Health.Status}}')" = healthy ]; }
wait_until 60 "sample-app answers" answers "$app/health"
wait_until 60 "healer is ready" answers "$healer/readyz"
wait_until 60 "Alertmanager is ready" answers "http://127.0.0.1:9093/-/ready"
wait_until 60 "healer finds sample-app well" app_is_healthy
promtool check metrics <"$work/metrics" || fail "promtool does not accept healer's /metrics"
for service in sample-app guard healer; do
    wait_until 60 "the health check of $service passes" engine_says_healthy "$service"
done

step "without privileges"
# status_of SERVICE FIELD: a field of the kernel's status of the service's process, in one line.
status_of() {
    sed -n "s/^$2:[[:space:]]*//p" "/proc/$(inspect "$1" '{{.State.Pid}}')/status" | tr -s '\t ' ' ' | sed 's/ $//'
}
# is SERVICE FIELD WANTED
is() {
    local seen
    seen=$(status_of "$1" "$2")
    [ "$seen" = "$3" ] || fail "the process of $1 has $2: $seen, not $3"
}
for service in guard healer; do
    [ "$(inspect "$service" '{{.HostConfig.ReadonlyRootfs}}')" = true ] || fail "the root of $service is writable"
    for set in CapInh CapPrm CapEff CapAmb; do is "$service" "$set" 0000000000000000; done
    is "$service" NoNewPrivs 1
    is "$service" Seccomp 2
done
is healer CapBnd 0000000000000000
is healer Uid "65532 65532 65532 65532"
is healer Gid "65532 65532 65532 65532"
is guard Uid "65531 65531 65531 65531"
is guard Gid "$engine_group $engine_group $engine_group $engine_group"
is guard Groups ""
! inspect healer '{{json .Mounts}}' | grep docker.sock >/dev/null || fail "healer has the engine's socket"
docker exec "$(container healer)" /usr/bin/healer status | tee "$work/status"
grep -q sample-app "$work/status" || fail "healer status does not name sample-app"
head -n 1 "$work/status" | grep ' reachable, guarded$' >/dev/null || fail "healer status does not say that the engine is guarded"

step "the token made itself"
token=$(docker volume ls -q --filter name=alertmanager-token)
token=$(docker volume inspect --format '{{.Mountpoint}}' "$token")/alertmanager_token
[ "$(stat -c '%a %u:%g' "$token")" = '640 65532:65532' ] || fail "the token file has $(stat -c '%a %u:%g' "$token")"
grep -qxE '[0-9a-f]{48}' "$token" || fail "the token is not random"

step "broken and healed"
first_run=$(inspect sample-app '{{.State.StartedAt}}')
healer_run=$(inspect healer '{{.State.StartedAt}}')
"$root/scripts/simulate_failure.sh"
[ "$(inspect sample-app '{{.State.StartedAt}}')" != "$first_run" ] || fail "healthy again, but never restarted"
wait_until 60 "healer finds sample-app healthy again" app_is_healthy
"$root/scripts/simulate_failure.sh" --mode crash
wait_until 60 "healer finds sample-app well after the crash" app_is_healthy
[ "$(inspect healer '{{.State.StartedAt}}')" = "$healer_run" ] || fail "healer itself was restarted"

step "Prometheus scrapes both, and every panel has data"
ask() { curl -sf --max-time 5 --get "$prometheus/api/v1/query" --data-urlencode "query=$1"; }
scraped() { [ "$(ask 'sum(up{job=~"healer|sample-app"})' | jq -r '.data.result[0].value[1]')" = 2 ]; }
has_data() { [ "$(ask "$1" | jq '.data.result | length')" -gt 0 ]; }
wait_until 60 "Prometheus scrapes healer and sample-app" scraped
node "$root/tests/checks/dashboard.mjs" queries "$root/deploy/grafana/dashboards/healer.json" >"$work/queries"
while IFS=$'\t' read -r panel query; do
    wait_until 60 "data for the panel '$panel': $query" has_data "$query"
done <"$work/queries"
echo "$(wc -l <"$work/queries") queries have data"
# `or vector(0)` and sums over nothing would pass the checks above; these count what happened here.
wait_until 60 "Prometheus counts the incidents" has_data 'sum(healer_incidents_total) >= 2'
wait_until 60 "Prometheus counts the remedies" has_data 'sum(healer_remedies_total) >= 2'
wait_until 60 "Prometheus counts the restarts" has_data 'sum(healer_target_restarts_total) >= 1'
wait_until 60 "the time to heal was measured" has_data 'sum(healer_time_to_heal_seconds_count) >= 2'

step "errors that only Prometheus sees are healed by way of Alertmanager"
"$root/scripts/simulate_failure.sh" --timeout 300 --mode errors
alerts() { curl -sf --max-time 2 "$healer/metrics" | grep '^healer_alerts_total{result="accepted",source="alertmanager"}' >/dev/null; }
alerts || fail "healed, but not by an alert"
! stack logs --no-color | grep -F "$(cat "$token")" >/dev/null || fail "the token is in a log"

step "the guard refused nothing of healer's work"
audit=$(docker volume ls -q --filter name=guard-state)
audit=$(docker volume inspect --format '{{.Mountpoint}}' "$audit")/audit
grep restart "$audit" >/dev/null || fail "the guard's audit file has no restart: $(cat "$audit")"
! grep refused "$audit" || fail "the guard refused this"

step "down"
stack down --volumes --remove-orphans >/dev/null 2>&1 || fail "the stack does not go down"
[ -z "$(docker ps -aq)" ] || fail "containers are left"
[ -z "$(docker volume ls -q)" ] || fail "volumes are left"
[ "$(docker network ls -q | wc -l)" = 3 ] || fail "networks are left"
passed=yes
echo "compose_stack: all good"
