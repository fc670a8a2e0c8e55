#!/usr/bin/env bash
# Refuses the words that docs/glossary.md replaced, as identifiers and as words of comments, messages and pages.
#
#   scripts/check_words.sh [ROOT]     ROOT defaults to this checkout
#
# Checked: every file that git tracks, or every file if ROOT is no checkout. The patterns are in the column "refused" of
# the glossary. The exceptions are in tests/checks/words_allowed.txt, one a line: FILES (a glob), PATTERN and reason,
# with tabs between them. An exception that is not needed is a fault too. Exit code 1 and one line per fault.
set -euo pipefail

root=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
cd "$root"
if [ ! -f docs/glossary.md ] || [ ! -f tests/checks/words_allowed.txt ]; then
    echo "check_words: $root has no docs/glossary.md or no tests/checks/words_allowed.txt" >&2
    exit 2
fi

list() {
    if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; then
        git ls-files
    else
        find . -type f | sed 's|^\./||'
    fi
}
# Left out: a lock file and a licence, whose text is not ours; a drawing; answers of real engines; and the files that
# must contain the refused words.
mapfile -t files < <(list |
    grep -Ev '^(package-lock\.json|LICENSE|docs/judgement\.svg|tests/adapter/docker/fixtures/)' |
    grep -Ev '^(docs/glossary\.md|tests/checks/words_allowed\.txt|tests/checks/check_words_test\.sh)$' | sort)
existing=()
for file in "${files[@]}"; do
    if [ -f "$file" ] && { [ ! -s "$file" ] || grep -Iq . "$file"; }; then existing+=("$file"); fi
done
if [ ${#existing[@]} = 0 ]; then exit 0; fi

exec awk '
function regex_of(glob, out) {
    out = glob
    gsub(/[.+?^${}()|\[\]\\]/, "\\\\&", out)
    gsub(/\*/, ".*", out)
    return "^(" out ")$"
}
# snake: NotReady and NOT_READY become not_ready.
function snake(token, out, i, c, previous, following) {
    out = ""
    for (i = 1; i <= length(token); ++i) {
        c = substr(token, i, 1)
        previous = i > 1 ? substr(token, i - 1, 1) : "_"
        following = substr(token, i + 1, 1)
        if (c ~ /[A-Z]/ && (previous ~ /[a-z0-9]/ || (previous ~ /[A-Z]/ && following ~ /[a-z]/))) out = out "_"
        out = out c
    }
    out = tolower(out)
    gsub(/^_+|_+$/, "", out)
    return out
}
function refused_by(token, i, name) {
    if (token in memo) return memo[token]
    name = snake(token)
    memo[token] = 0
    for (i = 1; i <= patterns; ++i)
        if (name ~ expression[i]) {
            memo[token] = i
            break
        }
    return memo[token]
}
function is_allowed(file, pattern, i) {
    for (i = 1; i <= exceptions; ++i)
        if (except_pattern[i] == pattern && file ~ except_files[i]) {
            used[i] = 1
            return 1
        }
    return 0
}
FILENAME == "docs/glossary.md" {
    if ($0 !~ /^\|/) next
    cells = split($0, cell, "|")
    rest = cell[cells - 1]
    while (match(rest, /`[^`]+`/)) {
        pattern = substr(rest, RSTART + 1, RLENGTH - 2)
        rest = substr(rest, RSTART + RLENGTH)
        written[++patterns] = pattern
        expression[patterns] = regex_of(pattern)
        known[pattern] = 1
    }
    next
}
FILENAME == "tests/checks/words_allowed.txt" {
    if ($0 ~ /^#/ || $0 ~ /^[ \t]*$/) next
    if (split($0, field, "\t") != 3) {
        printf "%s:%d: not FILES, PATTERN and reason with tabs between them\n", FILENAME, FNR
        faults = 1
        next
    }
    ++exceptions
    except_files[exceptions] = regex_of(field[1])
    except_pattern[exceptions] = field[2]
    except_line[exceptions] = FNR
    if (!(field[2] in known)) {
        printf "%s:%d: the glossary does not refuse %s\n", FILENAME, FNR, field[2]
        faults = 1
    }
    next
}
{
    rest = $0
    while (match(rest, /[A-Za-z_][A-Za-z0-9_]*/)) {
        token = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        found = refused_by(token)
        if (found && !is_allowed(FILENAME, written[found])) {
            printf "%s:%d: %s is refused by `%s` (docs/glossary.md)\n", FILENAME, FNR, token, written[found]
            faults = 1
        }
    }
}
END {
    if (patterns == 0) {
        print "docs/glossary.md: no pattern is refused"
        faults = 1
    }
    for (i = 1; i <= exceptions; ++i)
        if (!(i in used) && (except_pattern[i] in known)) {
            printf "tests/checks/words_allowed.txt:%d: nothing needs this exception\n", except_line[i]
            faults = 1
        }
    exit faults
}' docs/glossary.md tests/checks/words_allowed.txt "${existing[@]}"
