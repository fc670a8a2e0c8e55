#!/usr/bin/env bash
# check_walkthrough.sh finds a function that is not where the page says, and a file that does not exist.
set -euo pipefail

check=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/docs" "$folder/src/a"
echo 'void Box::open(int lid) {}' > "$folder/src/a/box.cpp"
expect() {
    local want=$1 row=$2 text
    printf '| file | function | what |\n|---|---|---|\n%s\n' "$row" > "$folder/docs/walkthrough.md"
    if text=$("$check" "$folder"); then found=nothing; else found=$text; fi
    if [[ $found != *"$want"* ]]; then
        echo "of the row $row: \"$want\" was expected, found: $found"
        exit 1
    fi
}
# shellcheck disable=SC2016  # the backquotes are Markdown
row() { printf '| `%s` | `%s` | what |' "$1" "$2"; }
expect nothing "$(row src/a/box.cpp Box::open)"
expect 'does not define Box::shut' "$(row src/a/box.cpp Box::shut)"
expect 'there is no file src/a/bag.cpp' "$(row src/a/bag.cpp Box::open)"
expect 'has no row' 'nothing'
