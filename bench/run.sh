#!/usr/bin/env bash
# Builds the release and runs every benchmark; prints their tables as Markdown.
#
#     bench/run.sh [SECONDS [COUNT...]]     seconds per size, and sizes, of the scale benchmark;
#                                           default 15 10 100 1000 10000
#
# Exits 1 when a goal of bench/README.md is missed. Run it on an idle machine: other load on the cores causes gaps and
# slow reactions.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build="$root/build/release"

cd "$root"
cmake --preset release >/dev/null
cmake --build "$build" --target healer check_cost core_step notification_flood scale >&2

processor=$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)
printf '%s cores (%s), Linux %s, load %s before the start\n\n' \
  "$(nproc)" "${processor:-unknown processor}" "$(uname -r)" "$(cut -d ' ' -f 1-3 /proc/loadavg)"

missed=0
"$build/check_cost" || missed=1
echo
"$build/core_step" || missed=1
echo
"$build/notification_flood" || missed=1
echo
"$build/scale" "$build/healer" "$@" || missed=1
exit "$missed"
