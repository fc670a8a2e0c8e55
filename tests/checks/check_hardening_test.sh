#!/usr/bin/env bash
# Builds a program without any hardening, and requires that each missing setting is found.
# usage: check_hardening_test.sh SCRIPT COMPILER
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
printf '#include <cstdio>\nint main(int count, char**) { char text[64]; std::sprintf(text, "%%d", count); return text[0]; }\n' >"$work/src/soft.cpp"
# shellcheck disable=SC2054  # the commas are those of the linker's option
soft=(-fno-stack-protector -U_FORTIFY_SOURCE -no-pie -Wl,-z,norelro,-z,lazy,-z,execstack)
"$2" -O2 "${soft[@]}" "$work/src/soft.cpp" -o "$work/soft" 2>/dev/null
printf '[{"file": "%s/src/soft.cpp", "command": "g++ -O2 -c soft.cpp"}]\n' "$work" >"$work/commands.json"

found=$("$1" "$work/commands.json" "$work/soft" 2>&1) && { echo "the soft program passed"; exit 1; }
for part in 'not position independent' 'no read-only relocations' 'executable stack' 'binds names lazily' \
    'no stack protector' 'no fortified calls' 'without -fstack-protector-strong' 'without -fstack-clash-protection' \
    'without -ftrivial-auto-var-init=zero' 'without -D_FORTIFY_SOURCE=3'; do
    grep -qF -e "$part" <<<"$found" || {
        printf 'not found: %s; the check said:\n%s\n' "$part" "$found"
        exit 1
    }
done
