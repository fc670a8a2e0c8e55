#!/usr/bin/env bash
# Every test, or some layers of them. The last lines are ctest's own summary.
#
#   scripts/test.sh                          everything; installs what is missing, builds build/release,
#                                            and starts an engine if none answers
#   scripts/test.sh unit adapter             only these layers: unit adapter simulation integration
#                                            browser fuzz
#
# Without layers the unit, adapter and fuzz tests run under the address and undefined-behaviour sanitizers
# first (another build, by clang); HEALER_NO_ASAN=1 skips that.
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
if [ "$layers" != fuzz ]; then build_preset release; fi

# The fuzz targets need clang and the sanitizers; with everything, the quick layers run under them too.
if wants fuzz && [ -z "${HEALER_NO_ASAN:-}" ]; then
    build_preset asan
    sanitized=fuzz
    if [ "$everything" = yes ]; then sanitized='unit|adapter|fuzz'; fi
    ctest --test-dir "$root/build/asan" --output-on-failure --no-tests=error -L "^($sanitized)\$" -E '^check_'
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
    # Without an engine these tests would be skipped; here that is a failure.
    export HEALER_TEST_REQUIRE_ENGINE=1
    "$root/scripts/base-image.sh"
fi

select=()
if [ "$everything" = no ]; then select=(-L "^($(IFS='|' && echo "$*"))\$"); fi
ctest --test-dir "$root/build/release" --output-on-failure --no-tests=error "${select[@]}"
