#!/usr/bin/env bash
# Proves that scripts/check_words.sh finds a refused word anywhere in a tree, and finds nothing in a good tree.
# usage: check_words_test.sh PATH/TO/check_words.sh
# shellcheck disable=SC2016  # the backticks belong to the glossary
set -euo pipefail

check=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

new_tree() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/docs" "$work/tree/tests/checks" "$work/tree/src"
    {
        echo '| term | meaning | refused |'
        echo '|---|---|---|'
        echo '| unhealthy | not `well` | `ill` `ill_*` `fell_ill` |'
    } >"$work/tree/docs/glossary.md"
    printf '# exceptions\n' >"$work/tree/tests/checks/words_allowed.txt"
}

# wants TEXT|none FILE <<< CONTENT: the check must print TEXT (none: nothing) for a tree with that file.
wants() {
    local wanted=$1 file=$2 printed code=0
    cat >"$work/tree/$file"
    printed=$("$check" "$work/tree") || code=$?
    if [ "$wanted" = none ]; then
        if [ "$code" != 0 ] || [ -n "$printed" ]; then wrong "$file" "$wanted" "$code" "$printed"; fi
    elif [ "$code" != 1 ] || [[ $printed != *"$wanted"* ]]; then
        wrong "$file" "$wanted" "$code" "$printed"
    fi
    new_tree
}
wrong() {
    echo "FAILED: $1: wanted '$2', exit code $3, printed: ${4:-nothing}" >&2
    failed=1
}

new_tree
# planted faults
wants 'src/a.cpp:1: ill is refused by `ill`' src/a.cpp <<<'// it is ill'
wants 'src/a.cpp:2: ill_since is refused by `ill_*`' src/a.cpp <<<$'int a;\nint ill_since;'
wants 'FellIll is refused by `fell_ill`' src/a.cpp <<<'enum class Rule { FellIll };'
wants 'ILL_FOR is refused by `ill_*`' src/a.sh <<<'ILL_FOR=1'
wants 'Ill is refused' src/a.cpp <<<'auto text = "Ill again";'
wants 'docs/page.md:1: ill is refused' docs/page.md <<<'What is done when it is ill.'
wants 'ill_for_ is refused' src/a.hpp <<<'int ill_for_ = 0;'

# good trees: refused words as parts of other words, and words of the glossary's other columns
wants none src/a.cpp <<<'int skill, still_open, SIGILL, illegal; // well, filling'
wants none docs/page.md <<<'A workload is unhealthy.'

# exceptions
printf 'src/*.cpp\till\tthe name of a signal\n' >"$work/tree/tests/checks/words_allowed.txt"
wants none src/a.cpp <<<'// ill'
printf 'src/b.cpp\till\tanother file\n' >"$work/tree/tests/checks/words_allowed.txt"
wants 'src/a.cpp:1: ill is refused' src/a.cpp <<<'// ill'
printf 'src/*.cpp\till\tno longer true\n' >"$work/tree/tests/checks/words_allowed.txt"
wants 'words_allowed.txt:1: nothing needs this exception' src/a.cpp <<<'// healthy'
printf 'src/*.cpp\twell\tno pattern\n' >"$work/tree/tests/checks/words_allowed.txt"
wants 'words_allowed.txt:1: the glossary does not refuse well' src/a.cpp <<<'// healthy'
printf 'src/*.cpp ill\n' >"$work/tree/tests/checks/words_allowed.txt"
wants 'words_allowed.txt:1: not FILES' src/a.cpp <<<'// healthy'

# a glossary without its table refuses no pattern
printf 'no table\n' >"$work/tree/docs/glossary.md"
wants 'no pattern is refused' src/a.cpp <<<'// healthy'

exit "$failed"
