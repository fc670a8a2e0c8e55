#!/usr/bin/env bash
# Proves that scripts/check_includes.sh finds each forbidden include, and finds nothing in a good tree.
# usage: check_includes_test.sh PATH/TO/check_includes.sh
set -euo pipefail

check=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# wants TEXT|none FILE <<< CODE: the check must print TEXT (none: nothing) for a tree with only that file.
wants() {
    local wanted=$1 file=$2 said code=0
    rm -rf "$work/src"
    mkdir -p "$work/src/$(dirname "$file")"
    cat >"$work/src/$file"
    said=$("$check" "$work/src") || code=$?
    if [ "$wanted" = none ]; then
        [ "$code" = 0 ] && [ -z "$said" ] && return
    else
        [ "$code" = 1 ] && [[ $said == "$file:"*"$wanted"* ]] && return
    fi
    echo "FAILED: $file with '$(cat "$work/src/$file")': wanted '$wanted', exit code $code, printed: ${said:-nothing}" >&2
    failed=1
}

# planted faults
wants 'base may not include model' base/a.hpp <<<'#include "model/event.hpp"'
wants 'model may not include core' model/a.cpp <<<'#include "core/step.hpp"'
wants 'core may not include net' core/a.cpp <<<'  #  include "net/loop.hpp"'
wants 'core may not include store' core/a.cpp <<<'#include "store/store.hpp"'
wants 'probe may not include engine' probe/a.cpp <<<'#include "engine/engine.hpp"'
wants 'engine/docker may not include notify' engine/docker/a.cpp <<<'#include "notify/notifier.hpp"'
wants 'engine may not include net' engine/engine.hpp <<<'#include "net/loop.hpp"'
wants 'store may not include net' store/a.cpp <<<'#include "net/loop.hpp"'
wants 'net may not include model' net/a.cpp <<<'#include "model/event.hpp"'
wants 'runtime may not include engine/docker' runtime/a.cpp <<<'#include "engine/docker/engine.hpp"'
wants 'only its port probe/probe.hpp' runtime/a.cpp <<<'#include "probe/http.hpp"'
wants 'only the adapter of an engine' core/a.cpp <<<'const auto project = labels.find("com.docker.compose.project");'
wants 'only the adapter of an engine' core/a.cpp <<<'if (mode.starts_with("container:")) return;'
wants 'only the adapter of an engine' runtime/a.cpp <<<'return description.starts_with("Podman");'
wants 'only the adapter of an engine' api/a.cpp <<<'text += "docker logs " + name;'
wants none core/a.cpp <<<'// Podman may report it late.'
wants none engine/docker/a.cpp <<<'const char* label = "com.docker.compose.project";'
wants 'not spelled from src/' core/a.cpp <<<'#include "step.hpp"'
wants 'not spelled from src/' core/a.cpp <<<'#include "../model/event.hpp"'
wants 'is in no folder' core/a.cpp <<<'#include "nothing/a.hpp"'
wants 'has no line in' elsewhere/a.cpp <<<'int a;'
wants 'standard library and fmt, tl alone' core/a.cpp <<<'#include <boost/json.hpp>'
wants 'standard library and fmt, tl alone' core/a.cpp <<<'#include <boost/describe/class.hpp>'
wants 'tl, boost/describe, boost/mp11, boost/pfr alone' model/a.hpp <<<'#include <unistd.h>'
wants 'tl, boost/describe, boost/mp11, boost/pfr alone' model/a.hpp <<<'#include <boost/json.hpp>'
wants 'tl, boost/describe, boost/mp11, boost/pfr alone' model/a.hpp <<<'#include <boost/describe.hpp>'
wants 'names Asio or Beast' probe/a.hpp <<<'#include <boost/asio/io_context.hpp>'
wants 'names Asio or Beast' api/a.hpp <<<'namespace boost::beast { class tcp_stream; }'
wants 'names Asio or Beast' engine/docker/a.hpp <<<'  asio::steady_timer timer_;'

# good code
wants none base/a.hpp <<<'#include <tl/expected.hpp>'
wants none model/a.hpp <<<'#include <boost/describe/class.hpp>
#include <boost/mp11/list.hpp>
#include <boost/pfr/tuple_size.hpp>'
wants none core/a.cpp <<<'#include "model/event.hpp"
#include "core/step.hpp"
#include "base/result.hpp"
#include <fmt/format.h>
#include <vector>'
wants none engine/docker/a.cpp <<<'#include "engine/engine.hpp"
#include "net/loop.hpp"
#include <boost/asio/io_context.hpp>'
wants none net/loop.hpp <<<'#include <boost/asio/io_context.hpp>'
wants none probe/probe.hpp <<<'// Carries no asio type.'
wants none runtime/a.cpp <<<'#include "core/step.hpp"
#include "store/store.hpp"'
wants none app/main.cpp <<<'#include "engine/docker/engine.hpp"
#include "store/sqlite.hpp"'

[ "$failed" = 0 ] || exit 1
echo "check_includes finds the planted faults and nothing else"
