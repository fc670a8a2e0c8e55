#!/usr/bin/env bash
# Runs every test, or some layers of tests. The last lines are ctest's own summary.
#
#   scripts/test.sh                          all tests; installs missing packages, builds build/release,
#                                            and starts an engine if none answers
#   scripts/test.sh unit adapter             only these layers; the layers are unit, adapter, simulation, field,
#                                            integration, browser and fuzz
#   scripts/test.sh newest [REGEX]           integration tests on the newest engine, which scripts/newest-engine.sh
#                                            builds first (minutes); by default what an engine's version can change
#
# With layers only their programs are built. Several tests run at once. If this script starts the engine, each
# integration test gets its own engine; otherwise the integration tests take turns with the engine that answers.
#
# Without layers the unit, adapter and fuzz tests also run under the address and undefined-behaviour sanitizers (a second
# build of only these layers, by clang, beside the tests that mostly wait); HEALER_NO_ASAN=1 skips that.
set -euo pipefail

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [ "${1:-}" = newest ]; then
    "$root/scripts/setup.sh"
    build_preset release tests_integration
    newest=$("$root/scripts/newest-engine.sh")
    # Each test starts an engine of its own, by the first dockerd in PATH.
    export PATH=$newest:$PATH HEALER_TEST_OWN_ENGINES=1 HEALER_TEST_REQUIRE_ENGINE=1
    run_tests release -L '^integration$' -R "${2:-^integration_(reported|heal|recreate)\$}"
    exit
fi

known=(unit adapter simulation field integration browser fuzz)
for layer; do
    case " ${known[*]} " in
        *" $layer "*) ;;
        *)
            echo "test: unknown layer '$layer'; the layers are ${known[*]}" >&2
            exit 2
            ;;
    esac
done
wants() { [ "$everything" = yes ] || [[ " $layers " == *" $1 "* ]]; }
everything=$([ $# = 0 ] && echo yes || echo no)
layers="$*"

"$root/scripts/setup.sh"
if [ "$everything" = yes ]; then
    build_preset release
elif [ "$layers" != fuzz ]; then
    targets=()
    for layer; do
        # Browser tests need only the program itself.
        case $layer in
            fuzz) ;;
            browser) targets+=(healer) ;;
            *) targets+=("tests_$layer") ;;
        esac
    done
    build_preset release "${targets[@]}"
fi

# The fuzz targets need clang and the sanitizers. Without layers the quick layers run under the sanitizers too, and that
# build goes on beside the tests that mostly wait, at the lowest priority.
sanitized=()
if wants fuzz && [ -z "${HEALER_NO_ASAN:-}" ]; then
    sanitized=(fuzz)
    if [ "$everything" = yes ]; then sanitized=(unit adapter fuzz); fi
fi
run_sanitized() { run_tests asan -L "^($(IFS='|' && echo "${sanitized[*]}"))\$" -E '^check_'; }
sanitizer_log=$root/build/asan-build.log
sanitizer_build=
if [ "$everything" = yes ] && [ ${#sanitized[@]} -gt 0 ]; then
    (
        renice -n 19 "$BASHPID" >/dev/null
        build_preset asan "${sanitized[@]/#/tests_}"
    ) >"$sanitizer_log" 2>&1 &
    sanitizer_build=$!
elif [ ${#sanitized[@]} -gt 0 ]; then
    build_preset asan "${sanitized[@]/#/tests_}"
    run_sanitized
fi
if [ "$layers" = fuzz ]; then exit 0; fi

finish() {
    # No output: the last lines must be ctest's. The engine's data stays for the next run, except on a CI machine.
    if [ -n "$sanitizer_build" ]; then kill "$sanitizer_build" 2>/dev/null || true; fi
    if [ "${HEALER_ENGINE_STARTED:-no}" = yes ]; then
        "$root/scripts/engine.sh" "$([ "${CI:-}" = true ] && echo purge || echo stop)" >/dev/null 2>&1 || true
    fi
}
if wants integration; then
    trap finish EXIT
    start_engine
    # An engine that scripts/engine.sh did not start is the one that the user wants to test against.
    if [ "$HEALER_ENGINE_OWN" = yes ]; then export HEALER_TEST_OWN_ENGINES=1; fi
    # Without an engine the integration tests would be skipped; with this variable they fail.
    export HEALER_TEST_REQUIRE_ENGINE=1
    "$root/scripts/base-image.sh"
fi

if [ -n "$sanitizer_build" ]; then
    # Each part runs, whatever failed before: one run tells all that fails.
    failed=()
    waiting='^(field|integration|browser)$'
    run_tests release -L "$waiting" || failed+=("field, integration and browser")
    if ! wait "$sanitizer_build"; then
        tail -n 60 "$sanitizer_log"
        echo "test: the build with sanitizers failed; all of it is in $sanitizer_log" >&2
        failed+=("the build with sanitizers")
    else
        run_sanitized || failed+=("the layers under the sanitizers")
    fi
    sanitizer_build=
    run_tests release -LE "$waiting" || failed+=("unit, adapter, simulation and checks")
    [ ${#failed[@]} = 0 ] && exit 0
    printf 'test: failed: %s; the reason is above\n' "${failed[@]}" >&2
    exit 1
fi
select=()
if [ "$everything" = no ]; then select=(-L "^($(IFS='|' && echo "$*"))\$"); fi
run_tests release "${select[@]}"
