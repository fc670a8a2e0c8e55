#!/usr/bin/env bash
# Each alert rule of deploy/prometheus has a summary and links to its heading of docs/runbooks.md, and each heading
# there belongs to an alert rule.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# faults RULES...: one line for each fault of an alert rule.
faults() {
    awk '
    function ends() {
        if (alert == "") return
        if (!summary) print alert " has no summary"
        if (link != "docs/runbooks.md#" tolower(alert)) print alert " does not link to docs/runbooks.md#" tolower(alert)
    }
    /^ *- alert: / { ends(); alert = $3; summary = 0; link = "" }
    /^ *summary: / { summary = 1 }
    /^ *runbook_url: / { link = $2 }
    END { ends() }
    ' "$@"
}

work=$(mktemp)
trap 'rm -f "$work"' EXIT
printf '      - alert: Planted\n        annotations:\n          runbook_url: docs/runbooks.md#other\n' >"$work"
if [ "$(faults "$work" | wc -l)" != 2 ]; then
    echo "the planted faults were not found" >&2
    exit 1
fi

rules=(deploy/prometheus/rules.yml deploy/prometheus/sample-app.yml)
found=$(faults "${rules[@]}")
headings=$(sed -n 's/^## //p' docs/runbooks.md | sort)
alerts=$(sed -n 's/^ *- alert: //p' "${rules[@]}" | sort)
found+=$({ diff <(echo "$headings") <(echo "$alerts") || true; } |
    sed -n 's/^</no alert rule for the heading/p; s/^>/docs\/runbooks.md has no heading/p')
if [ -n "$found" ]; then
    echo "$found" >&2
    exit 1
fi
echo "$(wc -l <<<"$alerts") alerts have their runbook"
