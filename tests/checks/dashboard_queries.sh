#!/usr/bin/env bash
# Every query of the dashboard parses by Prometheus' own parser. The queries and the alert rules name only metrics
# of metrics.txt, so a renamed metric is found here.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
dashboard=../../deploy/grafana/dashboards/healer.json
rules=../../deploy/prometheus/rules.yml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

node dashboard.mjs rules "$dashboard" >"$work/rules.yml"
promtool check rules "$work/rules.yml"

printf 'groups:\n  - name: planted\n    rules:\n      - record: a\n        expr: "sum(rate(x[5m])"\n' >"$work/planted.yml"
if promtool check rules "$work/planted.yml" >/dev/null 2>&1; then
    echo "promtool did not find the planted fault" >&2
    exit 1
fi

# A query names the parts of a histogram: _bucket, _sum and _count.
cat "$work/rules.yml" "$rules" | grep -oE '\bhealer_[a-z_]+' | sed -E 's/_(bucket|sum|count)$//' | sort -u >"$work/used"
if unknown=$(grep -vxFf <(sed 's/#.*//; /^ *$/d' metrics.txt) "$work/used"); then
    echo "queried, but not in tests/checks/metrics.txt:" >&2
    echo "$unknown" >&2
    exit 1
fi
