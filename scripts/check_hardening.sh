#!/usr/bin/env bash
# Checks that programs are built with the settings of cmake/hardening.cmake.
#
#   scripts/check_hardening.sh COMPILE_COMMANDS PROGRAM...
#
# What an ELF file shows is read from the file: position independent, relocations read-only and resolved at start, no
# executable stack, the stack protector, fortified calls. The others are read from the flags of the project's own files in
# COMPILE_COMMANDS (compile_commands.json of the build folder). A stripped static program shows only its headers.
set -euo pipefail

if [ $# -lt 2 ]; then
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
commands=$1
shift
faults=0
fault() {
    echo "hardening: $*" >&2
    faults=$((faults + 1))
}

flags=(-fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero -D_FORTIFY_SOURCE=3)
case $(uname -m) in x86_64 | i?86) flags+=(-fcf-protection=full) ;; esac
total=$(jq '[.[] | select(.file | test("/src/[^ ]*\\.cpp$"))] | length' "$commands")
[ "$total" -gt 0 ] || fault "$commands has no file of src/"
for flag in "${flags[@]}"; do
    missing=$(jq -r --arg flag "$flag" \
        '.[] | select((.file | test("/src/[^ ]*\\.cpp$")) and (.command | split(" ") | index($flag) | not)) | .file' "$commands")
    [ -z "$missing" ] || fault "compiled without $flag: $(head -n 3 <<<"$missing" | paste -sd' ')"
done

for program; do
    headers=$(readelf -hldW "$program")
    has() { grep -qE "$1" <<<"$headers"; }
    has '^ *Type: +DYN' || fault "$program is not position independent"
    has 'GNU_RELRO' || fault "$program has no read-only relocations"
    has 'GNU_STACK.* RWE' && fault "$program has an executable stack"
    has 'NEEDED' || continue  # static: nothing to bind, and no names
    has 'FLAGS.*(BIND_NOW|NOW)' || fault "$program binds names lazily"
    names=$(readelf --dyn-syms -W "$program")
    grep -q '__stack_chk_fail' <<<"$names" || fault "$program has no stack protector"
    grep -qE '__(mem|str|v?s?n?printf|read|poll|recv|fdelt)[a-z]*_chk' <<<"$names" || fault "$program has no fortified calls"
done
[ "$faults" = 0 ]
