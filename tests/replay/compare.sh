#!/usr/bin/env bash
# Runs each past regression of the simulator and compares healer's orders and notifications with NAME.expected.
# usage: compare.sh [--rewrite] SIMULATE [NAME]...
#   --rewrite  write NAME.expected anew
#   SIMULATE   the program simulate
#   NAME       a script in tests/simulation/regressions, without its ending; without a NAME: all of them
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
scripts=$here/../simulation/regressions

usage() {
    echo "usage: compare.sh [--rewrite] SIMULATE [NAME]..." >&2
    exit 2
}

rewrite=false
if [ "${1:-}" = --rewrite ]; then
    rewrite=true
    shift
fi
[ $# -ge 1 ] || usage
simulate=$1
shift
all=false
if [ $# = 0 ]; then
    all=true
    for script in "$scripts"/*.txt; do
        set -- "$@" "$(basename "$script" .txt)"
    done
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
different=()
failed=0
for name in "$@"; do
    expected=$here/$name.expected
    if [ ! -f "$scripts/$name.txt" ]; then
        echo "$name: no script of this name is in tests/simulation/regressions" >&2
        failed=1
        continue
    fi
    sound=true
    if ! "$simulate" --run "$scripts/$name.txt" --orders >"$work/orders"; then
        echo "$name: simulate failed: $(tail -n 1 "$work/orders")" >&2
        failed=1
        sound=false
    fi
    if $rewrite; then
        if $sound; then cp "$work/orders" "$expected"; fi
    elif [ ! -f "$expected" ]; then
        echo "$name: $name.expected is missing"
        different+=("$name")
    elif ! diff -u --label "tests/replay/$name.expected" --label "the present orders" "$expected" "$work/orders"; then
        different+=("$name")
    fi
done
if $all; then
    for expected in "$here"/*.expected; do
        name=$(basename "$expected" .expected)
        [ ! -f "$expected" ] || [ -f "$scripts/$name.txt" ] && continue
        echo "$name: $name.expected belongs to no script; remove it" >&2
        failed=1
    done
fi
if [ ${#different[@]} -gt 0 ]; then
    echo
    echo "${#different[@]} of $# regressions have other orders or notifications. If the change is intended, run:"
    echo "    tests/replay/compare.sh --rewrite $simulate ${different[*]}"
    failed=1
fi
exit "$failed"
