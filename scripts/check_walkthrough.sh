#!/usr/bin/env bash
# Checks that each function that docs/walkthrough.md names is defined in the file of its row.
#
#   scripts/check_walkthrough.sh [ROOT]     ROOT defaults to this checkout
#
# Exit code 1 and one line per fault.
set -euo pipefail

root=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
page=$root/docs/walkthrough.md
rows=0 faults=0
while IFS='|' read -r _ file function _; do
    file=${file//[\` ]/}
    function=${function//[\` ]/}
    rows=$((rows + 1))
    # A definition begins its line with a type: "void Tracker::observe(", "Notification written(".
    if [ ! -f "$root/$file" ]; then
        echo "docs/walkthrough.md: there is no file $file"
        faults=$((faults + 1))
    elif ! grep -Eq "^[A-Za-z].* \*?${function}\(" "$root/$file"; then
        echo "docs/walkthrough.md: $file does not define $function"
        faults=$((faults + 1))
    fi
done < <(grep '^| `src/' "$page")
if [ "$rows" = 0 ]; then
    echo "docs/walkthrough.md has no row with a file and a function"
    exit 1
fi
[ "$faults" = 0 ]
