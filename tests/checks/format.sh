#!/usr/bin/env bash
# Every C++ file has the format of clang-format 14 (.clang-format). A planted fault proves the check.
set -euo pipefail

command -v clang-format >/dev/null || {
    echo "format: clang-format is not installed: scripts/setup.sh develop" >&2
    exit 77
}
case $(clang-format --version) in
    *" 14."*) ;;
    *)
        echo "format: skipped, because only clang-format 14 gives this format" >&2
        exit 77
        ;;
esac

if printf 'int  main( ) {return 0 ;}\n' | clang-format --style=file --dry-run -Werror 2>/dev/null; then
    echo "format: the planted fault was not found" >&2
    exit 1
fi
git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format --style=file --dry-run -Werror
