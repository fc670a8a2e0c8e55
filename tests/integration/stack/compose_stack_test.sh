#!/usr/bin/env bash
# The whole stack on the engine of DOCKER_HOST, air-gapped variant: starts, is broken, is healed, is scraped
# by Prometheus, answers every query of the dashboard, stops.
# usage: compose_stack_test.sh PATH/TO/healer
#
# Everything made here has the label healer.test and a unique name, and is always removed.
set -euo pipefail

healer_binary=$(realpath -- "$1")
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../../scripts/common.sh"

if ! docker version >/dev/null 2>&1; then
    echo "no engine answers at ${DOCKER_HOST:-the default socket}: scripts/engine.sh starts one" >&2
    [ "${HEALER_TEST_REQUIRE_ENGINE:-}" != 1 ] || exit 1
    echo "skipped"
    exit 77
fi

name=healer-test-$$
label=healer.test=$name
work=$(mktemp -d)
stack=(--project-name "$name" -f "$root/deploy/compose/docker-compose.yml"
    -f "$root/deploy/compose/docker-compose.airgap.yml" -f "$work/labels.yml")
export HEALER_BINARY=$healer_binary HEALER_IMAGE_LABEL=$label
export HEALER_IMAGE=$name/healer:test HEALER_AUTOHEAL_IMAGE=$name/healer-autoheal:test
export SAMPLE_APP_IMAGE=$name/sample-app:test HEALER_PROMETHEUS_IMAGE=$name/prometheus:test
export HEALER_ALERTMANAGER_IMAGE=$name/alertmanager:test ALERTMANAGER_TOKEN_FILE=$work/token
export CHECK_INTERVAL=2 REQUEST_TIMEOUT=1
export_socket
new_token "$ALERTMANAGER_TOKEN_FILE"
chmod 755 "$work"

passed=no
finish() {
    if [ "$passed" = no ]; then
        echo "--- healer's log" >&2
        compose "${stack[@]}" logs --no-color --tail 100 healer >&2 || true
        compose "${stack[@]}" ps >&2 || true
    fi
    {
        compose "${stack[@]}" down --volumes --remove-orphans
        # What an interrupted compose left, found by the label, never by a broad name.
        docker ps -aq --filter "label=$label" | xargs -r docker rm -f
        docker volume ls -q --filter "label=$label" | xargs -r docker volume rm -f
        docker network ls -q --filter "label=$label" | xargs -r docker network rm
        docker rmi -f "$HEALER_IMAGE" "$HEALER_AUTOHEAL_IMAGE" "$SAMPLE_APP_IMAGE" "$HEALER_PROMETHEUS_IMAGE" \
            "$HEALER_ALERTMANAGER_IMAGE"
    } >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
step() { echo "== $*"; }

cat >"$work/labels.yml" <<LABELS
services:
  sample-app: {labels: {healer.test: "$name"}}
  healer: {labels: {healer.test: "$name"}}
  prometheus: {labels: {healer.test: "$name"}}
  alertmanager: {labels: {healer.test: "$name"}}
networks:
  default: {labels: {healer.test: "$name"}}
volumes:
  healer-state: {labels: {healer.test: "$name"}}
  alertmanager-data: {labels: {healer.test: "$name"}}
  prometheus-data: {labels: {healer.test: "$name"}}
  grafana-data: {labels: {healer.test: "$name"}}
LABELS

# at_most IMAGE MEGABYTES
at_most() {
    local size
    size=$(docker image inspect --format '{{.Size}}' "$1")
    echo "$1: $size bytes"
    [ "$size" -le $(($2 * 1000 * 1000)) ] || fail "$1 has $size bytes, more than $2 MB"
}

step "images"
"$root/scripts/images.sh" airgap >"$work/images.log" 2>&1 || {
    cat "$work/images.log" >&2
    fail "the images do not build"
}
at_most "$HEALER_IMAGE" 35
at_most "$HEALER_AUTOHEAL_IMAGE" 38
at_most "$SAMPLE_APP_IMAGE" 12

step "up"
# Each port is chosen as late as possible, from a range that no other test uses.
SAMPLE_APP_PORT=$(free_port 28080)
HEALER_PORT=$(free_port 29180)
PROMETHEUS_PORT=$(free_port 29090)
ALERTMANAGER_PORT=$(free_port 29093)
export SAMPLE_APP_PORT HEALER_PORT PROMETHEUS_PORT ALERTMANAGER_PORT
app=http://127.0.0.1:$SAMPLE_APP_PORT healer=http://127.0.0.1:$HEALER_PORT prometheus=http://127.0.0.1:$PROMETHEUS_PORT
compose "${stack[@]}" up -d --no-build >"$work/up.log" 2>&1 || {
    cat "$work/up.log" >&2
    fail "the stack does not come up"
}
container() { docker ps -aq --filter "label=$label" --filter "label=com.docker.compose.service=$1"; }
inspect() { docker inspect --format "$2" "$(container "$1")"; }

answers() { curl -sf --max-time 2 -o /dev/null "$1"; }
# The series of this app: another test's container may be on this engine, too.
app_is_healthy() {
    curl -sf --max-time 2 "$healer/metrics" >"$work/metrics" &&
        grep -E "^healer_target_up\{[^}]*workload=\"[^\"]*sample-app[^\"]*\"[^}]*\} 1$" "$work/metrics" >/dev/null
}
engine_says_healthy() { [ "$(inspect "$1" '{{.State.Health.Status}}')" = healthy ]; }
wait_until 60 "sample-app answers" answers "$app/health"
wait_until 60 "healer is ready" answers "$healer/readyz"
wait_until 60 "Alertmanager is ready" answers "http://127.0.0.1:$ALERTMANAGER_PORT/-/ready"
wait_until 60 "healer finds sample-app well" app_is_healthy
promtool check metrics <"$work/metrics" || fail "promtool does not accept healer's /metrics"

step "without privileges"
[ "$(inspect healer '{{.HostConfig.ReadonlyRootfs}}')" = true ] || fail "healer's root is writable"
[ "$(inspect healer '{{.HostConfig.CapDrop}}')" = '[ALL]' ] || fail "healer holds capabilities"
[ "$(inspect healer '{{.Config.User}}')" = 65532:65532 ] || fail "healer runs as another user"
wait_until 60 "healer's own health check passes" engine_says_healthy healer
wait_until 60 "sample-app's health check passes" engine_says_healthy sample-app
docker exec "$(container healer)" /usr/bin/healer status | tee "$work/status"
grep -q sample-app "$work/status" || fail "healer status does not name sample-app"

step "broken and healed"
first_run=$(inspect sample-app '{{.State.StartedAt}}')
healer_run=$(inspect healer '{{.State.StartedAt}}')
"$root/scripts/simulate_failure.sh" --url "$app" --timeout 120
[ "$(inspect sample-app '{{.State.StartedAt}}')" != "$first_run" ] || fail "healthy again, but never restarted"
wait_until 60 "healer finds sample-app healthy again" app_is_healthy
"$root/scripts/simulate_failure.sh" --url "$app" --timeout 120 --mode crash
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
"$root/scripts/simulate_failure.sh" --url "$app" --timeout 300 --mode errors
alerts() { curl -sf --max-time 2 "$healer/metrics" | grep '^healer_alerts_total{result="accepted",source="alertmanager"}' >/dev/null; }
alerts || fail "healed, but not by an alert"
! compose "${stack[@]}" logs --no-color healer | grep -F "$(cat "$ALERTMANAGER_TOKEN_FILE")" >/dev/null ||
    fail "the token is in healer's log"

step "down"
compose "${stack[@]}" down --volumes --remove-orphans >/dev/null 2>&1 || fail "the stack does not go down"
[ -z "$(docker ps -aq --filter "label=$label")" ] || fail "containers are left"
[ -z "$(docker volume ls -q --filter "label=$label")" ] || fail "volumes are left"
[ -z "$(docker network ls -q --filter "label=$label")" ] || fail "networks are left"
passed=yes
echo "compose_stack: all good"
