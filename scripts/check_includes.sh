#!/usr/bin/env bash
# Checks that each folder of src/ includes only the folders that the design allows (docs/architecture.md).
#
#   scripts/check_includes.sh [SRC]     SRC defaults to src/ of this checkout
#
# Checked: which folder includes which; runtime/ includes of an adapter only its port; base/, model/ and core/
# include only the standard library, fmt and tl::expected, and model/ also Boost.Describe, Boost.Mp11 and
# Boost.PFR for the descriptions of its types; includes are written from src/; no header outside net/ names Asio or
# Beast. Exit code 1 and one line per fault.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
src=${1:-$root/src}
[ -d "$src" ] || {
    echo "check_includes: no folder $src" >&2
    exit 2
}

cd "$src"
mapfile -t files < <(find . -name '*.[hc]pp' -o -name '*.in' | sed 's|^\./||' | sort)
if [ ${#files[@]} = 0 ]; then exit 0; fi
exec awk '
BEGIN {
    # folder: what it may include besides itself
    may["base"] = ""
    may["model"] = "base"
    may["json"] = "base model"
    may["core"] = "base model core/host core/notification core/workload"
    may["core/host"] = "base model core/notification core/workload"
    may["core/notification"] = "base model core/host core/workload"
    may["core/workload"] = "base model core/host core/notification"
    may["present"] = "base model core core/host core/notification core/workload"
    may["config"] = "base model"
    may["engine"] = "base model"
    may["engine/docker"] = "base model net engine"
    may["probe"] = "base model net"
    may["notify"] = "base model net"
    may["store"] = "base model json"
    may["net"] = "base"
    may["alert"] = "base model net"
    may["api"] = "base model present net alert"
    may["hook"] = "base net"
    may["runtime"] = "base model core present config engine probe notify store hook"
    may["replay"] = "base model core present json"
    may["guard"] = "base net engine/docker"
    may["cli"] = "base model config net"
    may["app"] = "*"
    # the one header of each adapter that runtime/ may include
    port["engine"] = "engine/engine.hpp"
    port["probe"] = "probe/probe.hpp"
    port["notify"] = "notify/notifier.hpp"
    port["hook"] = "hook/hook.hpp"
    port["store"] = "store/store.hpp"
    # folders that may use only the standard library, and the few libraries they may use besides
    split("base model core core/host core/notification core/workload", names, " ")
    for (i in names) pure[names[i]] = "fmt|tl"
    pure["model"] = "fmt|tl|boost/describe|boost/mp11|boost/pfr"
}
function fault(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    faults++
}
function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }
FNR == 1 {
    folder = folder_of(FILENAME)
    header = FILENAME ~ /\.hpp(\.in)?$/
    if (!(folder in may)) fault("the folder " folder " has no line in scripts/check_includes.sh: add the folders that it may include")
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    path = $0; sub(/^[^"]*"/, "", path); sub(/".*/, "", path)
    target = folder_of(path)
    if (target == path || path ~ /(^|\/)\.\.?\//) {
        fault("\"" path "\" is not spelled from src/")
    } else if (!(target in may)) {
        fault("\"" path "\" is in no folder of src/")
    } else if (target != folder && may[folder] != "*" && index(" " may[folder] " ", " " target " ") == 0) {
        fault(folder " may not include " target ": \"" path "\"")
    } else if (folder == "runtime" && (target in port) && path != port[target]) {
        fault("of " target ", " folder " may see only its port " port[target] ", not \"" path "\"")
    }
}
/^[ \t]*#[ \t]*include[ \t]*</ {
    path = $0; sub(/^[^<]*</, "", path); sub(/>.*/, "", path)
    if ((folder in pure) && path ~ /[.\/]/ && path !~ ("^(" pure[folder] ")/")) {
        libraries = pure[folder]
        gsub(/\|/, ", ", libraries)
        fault(folder " stands on the standard library and " libraries " alone: <" path ">")
    }
}
folder ~ /^(model|core(\/.*)?|runtime|notify|store|api|replay)$/ {
    line = $0; sub(/\/\/.*/, "", line)
    if (line ~ /com\.docker|[Pp]odman|"container:|docker (logs|start|stop|ps|restart)/)
        fault("only the adapter of an engine names its labels, modes and commands")
}
header && folder != "net" && folder !~ /^net\// {
    line = $0; sub(/\/\/.*/, "", line)
    if (line ~ /boost\/(asio|beast)/ || line ~ /(^|[^A-Za-z0-9_])(asio|beast)([^A-Za-z0-9_]|$)/)
        fault("a header outside net/ names Asio or Beast")
}
END { exit faults > 0 }
' "${files[@]}"
