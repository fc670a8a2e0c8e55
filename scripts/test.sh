#!/usr/bin/env bash
# Every test, or some layers of them. The last lines are ctest's own summary.
#
#   scripts/test.sh                          everything; installs what is missing, builds build/release,
#                                            and starts an engine if none answers
#   scripts/test.sh unit adapter             only these layers: unit adapter simulation integration
#                                            browser fuzz
#
# With layers only what they need is built. Tests run several at once; each integration test has an engine of its
# own when the script starts the engine, and else they take turns at the one that answers.
#
# Without layers the unit, adapter and fuzz tests run under the address and undefined-behaviour sanitizers
# first (another build, by clang, of these layers alone); HEALER_NO_ASAN=1 skips that.
set -euo pipefail

# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

known=(unit adapter simulation integration browser fuzz)
for layer; do
    case " ${known[*]} " in
        *" $layer "*) ;;
        *)
            echo "test: unknown layer '$layer'; there are ${known[*]}" >&2
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
        # Browser tests drive the program itself.
        case $layer in
            fuzz) ;;
            browser) targets+=(healer) ;;
            *) targets+=("tests_$layer") ;;
        esac
    done
    build_preset release "${targets[@]}"
fi

# The fuzz targets need clang and the sanitizers; with everything, the quick layers run under them too.
if wants fuzz && [ -z "${HEALER_NO_ASAN:-}" ]; then
    sanitized=(fuzz)
    if [ "$everything" = yes ]; then sanitized=(unit adapter fuzz); fi
    build_preset asan "${sanitized[@]/#/tests_}"
    run_tests asan -L "^($(IFS='|' && echo "${sanitized[*]}"))\$" -E '^check_'
fi
if [ "$layers" = fuzz ]; then exit 0; fi

finish() {
    # Quietly: the last words are ctest's. Data stays for the next time, but not on a CI machine.
    if [ "${HEALER_ENGINE_STARTED:-no}" = yes ]; then
        "$root/scripts/engine.sh" "$([ "${CI:-}" = true ] && echo purge || echo stop)" >/dev/null 2>&1 || true
    fi
}
if wants integration; then
    trap finish EXIT
    start_engine
    # One that was there before is what the tests are to run against.
    if [ "$HEALER_ENGINE_OWN" = yes ]; then export HEALER_TEST_OWN_ENGINES=1; fi
    # Without an engine these tests would be skipped; here that is a failure.
    export HEALER_TEST_REQUIRE_ENGINE=1
    "$root/scripts/base-image.sh"
fi

select=()
if [ "$everything" = no ]; then select=(-L "^($(IFS='|' && echo "$*"))\$"); fi
run_tests release "${select[@]}"
