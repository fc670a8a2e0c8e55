#!/usr/bin/env bash
# Every test name in docs/policy-tests.md is the name of a test.
#
#   tests/checks/policy_tests.sh [PAGE]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
page=${1:-$root/docs/policy-tests.md}

# A name may be on the line after its macro.
names=$(find "$root/tests" -name '*.cpp' -exec cat {} + | tr '\n' ' ' |
    grep -oE 'TEST_CASE(_FIXTURE)?\( *([A-Za-z_]+, *)?"[^"]*"' | sed 's/^[^"]*"//; s/"$//' | sort -u)
missing=0
named=0
# Names are between backticks in the last column of a row.
tick=$'\x60'
while IFS= read -r row; do
    column=${row% |}
    column=${column##* | }
    while IFS= read -r name; do
        name=${name//$tick/}
        named=$((named + 1))
        if [ "${name%/}" != "$name" ]; then
            if [ -d "$root/$name" ]; then continue; fi
        elif grep -qxF -- "$name" <<<"$names"; then
            continue
        fi
        echo "policy_tests: no test has the name: $name" >&2
        missing=$((missing + 1))
    done < <(grep -oE "${tick}[^${tick}]+${tick}" <<<"$column" || true)
done < <(grep '^| ' "$page")
if [ "$named" -lt 40 ]; then
    echo "policy_tests: read only $named names from $page" >&2
    exit 1
fi
[ "$missing" = 0 ]
