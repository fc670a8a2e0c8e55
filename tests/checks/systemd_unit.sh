#!/usr/bin/env bash
# Checks the systemd unit by systemd's own parser, which prints nothing for a good unit. Exit code 77, skipped,
# without systemd.
set -euo pipefail

unit=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../deploy/systemd" && pwd)/healer.service
if ! command -v systemd-analyze >/dev/null; then
    echo "systemd-analyze is not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The check does not need an installed healer.
sed 's|^ExecStart=/usr/bin/healer|ExecStart=/bin/true|' "$unit" >"$work/healer.service"
sed 's|^ProtectHome=.*|ProtectHome=perhaps|' "$work/healer.service" >"$work/planted.service"
if [ -z "$(systemd-analyze verify "$work/planted.service" 2>&1)" ]; then
    echo "systemd-analyze did not find the planted fault" >&2
    exit 1
fi
said=$(systemd-analyze verify "$work/healer.service" 2>&1) || true
if [ -n "$said" ]; then
    echo "$said" >&2
    exit 1
fi
