#!/usr/bin/env bash
# Reads the compose files, alone and with the air-gapped variant, by every installed version of Compose and without
# any variable, and checks that the services keep the promises of the design.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

readers=()
if command -v docker-compose >/dev/null; then readers+=(docker-compose); fi
if docker compose version >/dev/null 2>&1; then readers+=('docker compose'); fi
[ ${#readers[@]} -gt 0 ] || fail "neither docker-compose nor docker compose is installed: run scripts/setup.sh"

# bare COMMAND...: as on a fresh machine, where no variable is set.
bare() { env -i PATH="$PATH" HOME="$HOME" "$@"; }

for reader in "${readers[@]}"; do
    # "docker compose" (v2) is two words.
    read -ra command <<<"$reader"
    plain=$(bare "${command[@]}" config 2>&1) || fail "$reader does not read docker-compose.yml: $plain"
    # Compose warns of a variable that the file uses and nobody set.
    ! grep -i 'variable is not set' <<<"$plain" || fail "$reader: docker-compose.yml needs a variable"
    airgap=$(bare "${command[@]}" -f docker-compose.yml -f docker-compose.airgap.yml config) ||
        fail "$reader does not read docker-compose.airgap.yml"
    for service in prometheus alertmanager; do
        grep -q "image: healer-$service:latest" <<<"$airgap" ||
            fail "$reader: the air-gapped variant does not use the project's image of $service"
    done
    grep -q 'monitored: .true' <<<"$plain" || fail "$reader: sample-app does not opt in"
    theirs=$(bare "${command[@]}" -f deploy/compose/from-autoheal.yml config) || fail "$reader does not read from-autoheal.yml"
    grep -q 'image: healer-autoheal:latest' <<<"$theirs" || fail "$reader: from-autoheal.yml does not use the project's image"
    for image in HEALER_IMAGE HEALER_GUARD_IMAGE SAMPLE_APP_IMAGE PROMETHEUS_IMAGE ALERTMANAGER_IMAGE GRAFANA_IMAGE; do
        env "$image=example/other:7" "${command[@]}" config | grep 'example/other:7' >/dev/null ||
            fail "$reader: $image does not set its image"
    done
done

# service NAME: its lines in docker-compose.yml, without comments.
service() { sed -n "/^  $1:/,/^  [a-z#]/p" docker-compose.yml | grep -v '^ *#'; }
# promises SERVICE PATTERN...: the service has these lines.
promises() {
    local name=$1 promise
    shift
    for promise; do service "$name" | grep -E -e "$promise" >/dev/null || fail "the service $name lacks $promise"; done
}

# Every image that this project makes is built from a stage of the Dockerfile.
mapfile -t targets < <(sed -n 's/^ *target: //p' docker-compose.yml docker-compose.airgap.yml)
for target in "${targets[@]}"; do
    grep -qE "^FROM .* AS $target$" Dockerfile || fail "the Dockerfile has no stage $target"
done

# Every published port is on the loopback address, and only the guard has the engine's socket and a capability.
if grep -E '^ +- "[^"]*:[0-9]+"$' docker-compose.yml | grep -vE '"127\.0\.0\.1:'; then
    fail "these ports are open to other machines"
fi
mapfile -t services < <(sed -n '/^services:/,/^volumes:/s/^  \([a-z-]*\):$/\1/p' docker-compose.yml)
[ ${#services[@]} = 6 ] || fail "these are not the six services: ${services[*]}"
for each in "${services[@]}"; do
    promises "$each" 'cap_drop: \[ALL\]' 'no-new-privileges:true'
    [ "$each" != guard ] || continue
    ! service "$each" | grep -E 'docker\.sock|cap_add|privileged: true|(network_mode|pid|ipc): *"?host' ||
        fail "the service $each has more than it needs"
done
promises healer 'read_only: true' 'user: "65532:65532"' 'healthcheck:' 'guard-socket:/run/healer-guard:ro$' \
    'DOCKER_HOST: unix:///run/healer-guard/guard.sock'
promises guard 'read_only: true' 'network_mode: none' 'cap_add: \[SETUID, SETGID\]' 'healthcheck:' 'docker\.sock"$'
echo "read with: ${readers[*]}"
