#!/usr/bin/env bash
# Checks that no class, no struct and no function of src/ is too large to be read at once.
#
#   scripts/check_sizes.sh [SRC]     SRC defaults to src/ of this checkout
#
# Refused: a class or struct with more than 40 methods (private ones, constructors and deleted ones count) or
# more than 25 public fields, and a function of more than 70 lines. The code is read as clang-format writes it.
# Exit code 1 and one line per fault.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
src=${1:-$root/src}
[ -d "$src" ] || {
    echo "check_sizes: no folder $src" >&2
    exit 2
}

cd "$src"
mapfile -t files < <(find . -name '*.[hc]pp' | sed 's|^\./||' | sort)
if [ ${#files[@]} = 0 ]; then exit 0; fi
exec awk '
BEGIN {
    most_methods = 40
    most_fields = 25
    most_lines = 70
}
function fault(line, text) {
    printf "%s:%d: %s\n", FILENAME, line, text
    faults++
}
# A head is the text since the last declaration or brace. This is a head without the arguments of templates,
# which may contain parentheses and "class".
function plain(text) {
    gsub(/operator[^A-Za-z_(]*\(/, "operator(", text)
    gsub(/->/, " ", text)
    while (gsub(/<[^<>]*>/, "", text)) {}
    return text
}
function is_callable(text, paren, equals) {  # "=" before "(": what initializes a variable
    paren = index(text, "(")
    equals = index(text, "=")
    return paren > 0 && (equals == 0 || paren < equals)
}
function name_of(text) {
    sub(/ *\(.*/, "", text)
    sub(/^.* [*&]?/, "", text)
    return text
}
# A declaration in a class or struct ends: counts it.
function member(text) {
    text = plain(text)
    sub(/^ */, "", text)
    if (text == "" || text ~ /^(using|friend|typedef|static_assert|enum|template using)[ (]/) return
    if (text ~ /^(struct|class) [A-Za-z_]* *$/) return
    if (is_callable(text)) {
        if (text !~ /^[A-Z_]+\(/) methods[depth]++
    } else if (access[depth] == "public" && text !~ /^(static|template) /) {
        fields[depth]++
    }
}
# A brace opens: what it begins depends on the head before it.
function open(text, outer) {
    text = plain(head)
    sub(/^ */, "", text)
    depth++
    keeps[depth] = head
    begin[depth] = head_line
    name[depth] = ""
    outer = kind[depth - 1]
    if (outer == "function" || outer == "code" || outer == "value") {
        kind[depth] = "code"
    } else if (parens > 0 || head ~ /[A-Za-z0-9_>\])=,({]$/ || head ~ /[=,({] $/) {
        kind[depth] = "value"  # what initializes a field or a member
    } else if (text ~ /^(inline )?namespace/ || text ~ /^extern /) {
        kind[depth] = "namespace"
    } else if (text ~ /(^| )(struct|class|union) / && text !~ /\(/ && text !~ /(^| )enum /) {
        kind[depth] = "type"
        name[depth] = text
        sub(/ *(final)? *(:.*)?$/, "", name[depth])
        sub(/^.* /, "", name[depth])
        access[depth] = text ~ /(^| )class / ? "private" : "public"
        methods[depth] = 0
        fields[depth] = 0
    } else if (is_callable(text)) {
        if (outer == "type") { depth--; member(head); depth++ }
        kind[depth] = "function"
        name[depth] = name_of(text)
    } else {
        kind[depth] = "value"
        if (text ~ /(^| )enum /) kind[depth] = "enum"
    }
    parens_of[depth] = parens
    parens = 0
    head = ""
}
function close_scope(lines) {
    if (depth == 0) return
    if (kind[depth] == "function") {
        lines = FNR - begin[depth] + 1
        if (lines > most_lines)
            fault(begin[depth], sprintf("function %s has %d lines, over %d", name[depth], lines, most_lines))
    } else if (kind[depth] == "type") {
        if (methods[depth] > most_methods)
            fault(begin[depth], sprintf("%s has %d methods, over %d", name[depth], methods[depth], most_methods))
        if (fields[depth] > most_fields)
            fault(begin[depth], sprintf("%s has %d public fields, over %d", name[depth], fields[depth], most_fields))
    }
    parens = parens_of[depth]
    # Only a value is a part of a longer declaration.
    head = kind[depth] == "value" ? keeps[depth] "{}" : ""
    head_line = begin[depth]
    depth--
}
function take(text) {
    if (head == "") {
        sub(/^ +/, "", text)
        if (text == "") return
        head_line = FNR
    }
    head = head text
}
FNR == 1 { depth = 0; kind[0] = "namespace"; head = ""; parens = 0; raw = ""; comment = 0; directive = 0 }
{
    line = $0
    if (directive || (raw == "" && !comment && line ~ /^[ \t]*#/)) {
        directive = line ~ /\\$/
        next
    }
    code = ""
    while (line != "") {
        if (raw != "") {
            at = index(line, raw)
            if (at == 0) { line = ""; break }
            line = substr(line, at + length(raw))
            raw = ""
        } else if (comment) {
            at = index(line, "*/")
            if (at == 0) { line = ""; break }
            line = substr(line, at + 2)
            comment = 0
        } else if (match(line, /\/\/|\/\*|R"[^ ()]*\(|"|[^0-9A-Fa-f]\047/)) {
            found = substr(line, RSTART, RLENGTH)
            code = code substr(line, 1, RSTART - 1)
            line = substr(line, RSTART + RLENGTH)
            if (found == "//") { line = "" }
            else if (found == "/*") { comment = 1 }
            else if (found ~ /^R/) { raw = ")" substr(found, 3, length(found) - 3) "\""; code = code "0" }
            else if (found == "\"") { sub(/^([^"\\]|\\.)*"/, "", line); code = code "0" }
            else { code = code substr(found, 1, 1) "0"; sub(/^([^\047\\]|\\.[^\047]*)\047/, "", line) }
        } else { code = code line; line = "" }
    }
    if (kind[depth] == "type" && code ~ /^ *(public|private|protected):/) {
        at = index(code, ":")
        access[depth] = substr(code, 1, at - 1)
        gsub(/ /, "", access[depth])
        code = substr(code, at + 1)
        head = ""
    }
    while (match(code, /[{}();]/)) {
        sign = substr(code, RSTART, 1)
        take(substr(code, 1, RSTART - 1))
        code = substr(code, RSTART + 1)
        if (sign == "{") open()
        else if (sign == "}") close_scope()
        else if (sign == ";" && parens == 0) {
            if (kind[depth] == "type") member(head)
            head = ""
        } else {
            parens += sign == "(" ? 1 : sign == ")" ? -1 : 0
            take(sign)
        }
    }
    take(code)
    if (head != "" && head !~ / $/) head = head " "
}
END { exit faults > 0 }
' "${files[@]}"
