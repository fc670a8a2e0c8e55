#!/usr/bin/env bash
# Checks the systemd units by systemd's own parser, which prints nothing for a good unit, and the exposure of the guard's.
# Exit code 77, skipped, without systemd.
set -euo pipefail

folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../deploy/systemd" && pwd)
if ! command -v systemd-analyze >/dev/null; then
    echo "systemd-analyze is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for unit in healer healer-guard; do
    # The check does not need the installed programs, nor the guard's user.
    sed -e 's|^ExecStart=/usr/bin/healer.*|ExecStart=/bin/true|' -e 's|^User=.*|User=root|' "$folder/$unit.service" \
        >"$work/$unit.service"
    sed 's|^ProtectHome=.*|ProtectHome=perhaps|' "$work/$unit.service" >"$work/planted.service"
    if [ -z "$(systemd-analyze verify "$work/planted.service" 2>&1)" ]; then
        echo "systemd-analyze did not find the planted fault in $unit.service" >&2
        exit 1
    fi
    said=$(systemd-analyze verify "$work/$unit.service" 2>&1) || true
    if [ -n "$said" ]; then
        echo "$said" >&2
        exit 1
    fi
done

# In tenths: at most 0.5.
if ! said=$(systemd-analyze security --offline=true --threshold=5 "$folder/healer-guard.service" 2>&1); then
    echo "$said" >&2
    exit 1
fi
