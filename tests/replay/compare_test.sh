#!/usr/bin/env bash
# Proves that compare.sh finds a changed line, a changed decision, a missing file and a file without a script, and that
# --rewrite accepts the present orders.
# usage: compare_test.sh SIMULATE
set -euo pipefail

simulate=$1
here=$(cd "$(dirname "$0")" && pwd)
name=fall_seen_by_the_dead
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

new_tree() {
    rm -rf "$work/tests"
    mkdir -p "$work/tests/replay" "$work/tests/simulation/regressions"
    cp "$here/compare.sh" "$here/$name.expected" "$work/tests/replay"
    cp "$here/../simulation/regressions/$name.txt" "$work/tests/simulation/regressions"
}

# wants CODE TEXT ARGUMENT...: compare.sh must exit with CODE and print TEXT.
wants() {
    local wanted=$1 text=$2 printed code=0
    shift 2
    printed=$("$work/tests/replay/compare.sh" "$@" 2>&1) || code=$?
    if [ "$code" != "$wanted" ] || [[ $printed != *"$text"* ]]; then
        echo "FAILED: compare.sh $*: wanted $wanted and '$text', exit code $code, printed: ${printed:-nothing}" >&2
        failed=1
    fi
}

new_tree
expected=$work/tests/replay/$name.expected
wants 0 '' "$simulate"

right=$(grep -m 1 'order start, attempt 1' "$expected")
sed -i 's/order start, attempt 1/order restart, attempt 1/' "$expected"
wants 1 "-${right/order start/order restart}" "$simulate"
wants 1 "+$right" "$simulate"
wants 1 "tests/replay/compare.sh --rewrite $simulate $name" "$simulate"
wants 0 '' --rewrite "$simulate" "$name"
wants 0 '' "$simulate"
cmp "$expected" "$here/$name.expected"

# another decision: a longer threshold delays the order
printf '#!/bin/sh\nexec "%s" --set FAILURE_THRESHOLD=9 "$@"\n' "$simulate" >"$work/later"
chmod +x "$work/later"
wants 1 '1 of 1 regressions have other orders or notifications' "$work/later"

printf '#!/bin/sh\necho BROKEN invariant 1\nexit 1\n' >"$work/broken"
chmod +x "$work/broken"
wants 1 "$name: simulate failed: BROKEN invariant 1" --rewrite "$work/broken"
wants 1 '+BROKEN invariant 1' "$work/broken"
cmp "$expected" "$here/$name.expected"

rm "$expected"
wants 1 "$name.expected is missing" "$simulate"
new_tree
touch "$work/tests/replay/other.expected"
wants 1 'other.expected belongs to no script' "$simulate"
wants 1 'no script of this name' "$simulate" other
wants 2 'usage: compare.sh'

exit "$failed"
