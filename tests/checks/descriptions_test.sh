#!/usr/bin/env bash
# Proves that a description must name every member of its struct to compile.
# usage: descriptions_test.sh COMPILER
set -euo pipefail

compiler=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
failed=0

# compile CASE: prints the compiler's output for this case of described.cpp and returns its exit code.
compile() {
    "$compiler" -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I "$root/src" -D "CASE=$1" \
        "$root/tests/checks/described.cpp" 2>&1
}

# refuses CASE PATTERN: this case must not compile, with an error that matches PATTERN.
refuses() {
    local output
    if output=$(compile "$1"); then
        echo "FAILED: case $1 of described.cpp compiles" >&2
        failed=1
    elif ! grep -Eq "$2" <<<"$output"; then
        echo "FAILED: case $1 of described.cpp does not compile, but without the error '$2':" >&2
        head -20 <<<"$output" >&2
        failed=1
    fi
}

if ! output=$(compile 0); then
    echo "FAILED: the complete description does not compile:" >&2
    head -20 <<<"$output" >&2
    failed=1
fi
refuses 1 'only 2 names'
refuses 2 "finish"
refuses 3 'a description without members is for a struct without members'
refuses 4 'redeclaration|conflicting declaration|redefinition'
refuses 5 'counts up from 0'

[ "$failed" = 0 ] || exit 1
echo "a description names every member of its struct, or does not compile"
