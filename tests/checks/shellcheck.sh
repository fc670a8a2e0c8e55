#!/usr/bin/env bash
# Runs shellcheck on every shell script of the project, after it has found a planted fault.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck disable=SC2016  # the planted fault
if printf '#!/bin/sh\necho $1\n' | shellcheck - >/dev/null; then
    echo "shellcheck did not find the planted fault" >&2
    exit 1
fi
mapfile -t scripts < <(
    find . \( -path ./build -o -path ./node_modules -o -path ./.git \) -prune -o -type f -print |
        while IFS= read -r file; do
            case $file in
                *.sh) echo "$file" ;;
                *.*) ;;
                *) if head -n 1 "$file" | grep -qaE '^#!.*\b(ba)?sh\b'; then echo "$file"; fi ;;
            esac
        done | sort
)
# .ci/run has a dot in its path, but no extension.
[ -f .ci/run ] && scripts+=(.ci/run)
shellcheck --external-sources "${scripts[@]}"
echo "${#scripts[@]} scripts are clean"
