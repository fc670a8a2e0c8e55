#!/usr/bin/env bash
# Checks the systemd units by systemd's own parser, which prints nothing for a good unit, their exposure, and that the two
# units agree with each other and with the guard's defaults.
# Exit code 77, skipped, without systemd.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$root/deploy/systemd
if ! command -v systemd-analyze >/dev/null; then
    echo "systemd-analyze is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# parses UNIT: systemd reads the unit in the work folder without a word, and finds a planted fault in it.
parses() {
    local said
    said=$(systemd-analyze verify "$work/$1.service" 2>&1) || true
    [ -z "$said" ] || fail "$said"
    sed 's|^ProtectHome=.*|ProtectHome=perhaps|' "$work/$1.service" >"$work/planted.service"
    [ -n "$(systemd-analyze verify "$work/planted.service" 2>&1)" ] ||
        fail "systemd-analyze did not find the planted fault in $1.service"
}

for unit in healer healer-guard; do
    # The check does not need the installed programs, the users and the other unit.
    sed -e 's|^ExecStart=/usr/bin/healer.*|ExecStart=/bin/true|' -e 's|^User=.*|User=root|' \
        -e 's|healer-guard\.service ||' "$folder/$unit.service" >"$work/$unit.service"
    parses "$unit"
done
mkdir "$work/healer.service.d"
cp "$folder/unguarded.conf" "$work/healer.service.d/"
parses healer

# at_most TENTHS UNIT: the exposure, from 0 to 10, that systemd computes. One planted privilege is more.
at_most() {
    local said
    said=$(systemd-analyze security --offline=true --threshold="$1" "$folder/$2.service" 2>&1) || fail "$said"
    sed 's|^CapabilityBoundingSet=.*|CapabilityBoundingSet=CAP_SYS_ADMIN|' "$folder/$2.service" >"$work/exposed.service"
    ! systemd-analyze security --offline=true --threshold="$1" "$work/exposed.service" >/dev/null 2>&1 ||
        fail "a capability does not raise the exposure of $2.service above the limit"
}
at_most 5 healer-guard
at_most 10 healer

# The guard serves one user at one socket: those of healer's unit.
value() { sed -n "s/.* $1 = \"\?\([^\";]*\)\"\?;.*/\1/p" "$root/src/guard/settings.hpp"; }
grep -qx "u healer $(value client_uid) .*" "$folder/healer.conf" || fail "healer.conf does not make user $(value client_uid)"
grep -qx "u healer-guard $(value uid) .*" "$folder/healer-guard.conf" || fail "healer-guard.conf does not make user $(value uid)"
grep -qx "Environment=DOCKER_HOST=unix://$(value socket)" "$folder/healer.service" ||
    fail "healer.service does not use the guard's socket $(value socket)"
grep -qx 'User=healer' "$folder/healer.service" || fail "healer.service runs as another user than the guard serves"
