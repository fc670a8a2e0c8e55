#!/usr/bin/env bash
# Reads the compose files, alone and with the air-gapped variant, by every installed version of Compose, and
# checks that the services keep the promises of the design.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../../deploy/compose"
export DOCKER_GID=1 ALERTMANAGER_TOKEN_FILE=/tmp/token

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

readers=()
if command -v docker-compose >/dev/null; then readers+=(docker-compose); fi
if docker compose version >/dev/null 2>&1; then readers+=('docker compose'); fi
[ ${#readers[@]} -gt 0 ] || fail "neither docker-compose nor docker compose is installed: run scripts/setup.sh"

for reader in "${readers[@]}"; do
    # "docker compose" (v2) is two words.
    read -ra command <<<"$reader"
    plain=$("${command[@]}" -f docker-compose.yml config) || fail "$reader does not read docker-compose.yml"
    airgap=$("${command[@]}" -f docker-compose.yml -f docker-compose.airgap.yml config) ||
        fail "$reader does not read docker-compose.airgap.yml"
    grep -q 'image: healer-prometheus:latest' <<<"$airgap" ||
        fail "$reader: the air-gapped variant does not use the project's image of Prometheus"
    grep -q 'image: healer-alertmanager:latest' <<<"$airgap" ||
        fail "$reader: the air-gapped variant does not use the project's image of Alertmanager"
    grep -q 'monitored: .true' <<<"$plain" || fail "$reader: sample-app does not opt in"
    for needed in DOCKER_GID ALERTMANAGER_TOKEN_FILE; do
        ! env -u "$needed" "${command[@]}" -f docker-compose.yml config >/dev/null 2>&1 ||
            fail "$reader: a missing $needed is not refused"
    done
    theirs=$(env -u DOCKER_GID "${command[@]}" -f from-autoheal.yml config) || fail "$reader does not read from-autoheal.yml"
    grep -q 'image: healer-autoheal:latest' <<<"$theirs" || fail "$reader: from-autoheal.yml does not use the project's image"
    for image in HEALER_IMAGE SAMPLE_APP_IMAGE PROMETHEUS_IMAGE ALERTMANAGER_IMAGE GRAFANA_IMAGE; do
        env "$image=example/other:7" "${command[@]}" -f docker-compose.yml config | grep 'example/other:7' >/dev/null ||
            fail "$reader: $image does not set its image"
    done
done

# Every published port is on the loopback address, and healer has no privileges.
if grep -E '^ +- "[^"]*:[0-9]+"$' docker-compose.yml | grep -vE '"127\.0\.0\.1:|docker\.sock'; then
    fail "these ports are open to other machines"
fi
healer=$(sed -n '/^  healer:/,/^  [a-z]/p' docker-compose.yml)
for promise in 'read_only: true' 'cap_drop: \[ALL\]' 'no-new-privileges:true' 'user: "65532:65532"' 'healthcheck:'; do
    grep -qE "$promise" <<<"$healer" || fail "healer's service lacks $promise"
done
echo "read with: ${readers[*]}"
