#!/usr/bin/env bash
# Each notification of deploy/prometheus says what it is about and leads to a heading of docs/runbooks.md, and each
# heading there is one of a notification.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# faults RULES...: one line for each notification that lacks something.
faults() {
    awk '
    function ends() {
        if (notification == "") return
        if (!summary) print notification " has no summary"
        if (link != "docs/runbooks.md#" tolower(notification)) print notification " does not link to docs/runbooks.md#" tolower(notification)
    }
    /^ *- notification: / { ends(); notification = $3; summary = 0; link = "" }
    /^ *summary: / { summary = 1 }
    /^ *runbook_url: / { link = $2 }
    END { ends() }
    ' "$@"
}

work=$(mktemp)
trap 'rm -f "$work"' EXIT
printf '      - notification: Planted\n        annotations:\n          runbook_url: docs/runbooks.md#other\n' >"$work"
if [ "$(faults "$work" | wc -l)" != 2 ]; then
    echo "the planted faults were not found" >&2
    exit 1
fi

rules=(deploy/prometheus/rules.yml deploy/prometheus/sample-app.yml)
found=$(faults "${rules[@]}")
headings=$(sed -n 's/^## //p' docs/runbooks.md | sort)
notifications=$(sed -n 's/^ *- notification: //p' "${rules[@]}" | sort)
found+=$(diff <(echo "$headings") <(echo "$notifications") | sed -n 's/^</docs\/runbooks.md has no notification for/p; s/^>/docs\/runbooks.md has no heading/p')
if [ -n "$found" ]; then
    echo "$found" >&2
    exit 1
fi
echo "$(wc -l <<<"$notifications") notifications have their runbook"
