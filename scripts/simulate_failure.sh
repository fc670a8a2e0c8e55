#!/usr/bin/env bash
# Breaks the sample app and waits until healer has healed it.
#
#   scripts/simulate_failure.sh [--mode break|hang|crash|close|errors] [--url URL] [--timeout SECONDS]
#
#   --mode     how the app fails: break (/health answers 503, the default), hang (/health never answers), crash (the
#              process ends), close (connections are refused, the process keeps running), errors (half of the
#              requests get a 500 while /health answers 200: only Prometheus sees this)
#   --url      the app's address (default http://127.0.0.1:8080)
#   --timeout  how many seconds to wait for the recovery (default 180)
#
# Exit code: 0 the app recovered; 1 it did not, or was not healthy before; 2 a bad argument.
set -euo pipefail
export LC_ALL=C

mode='break'
url=http://127.0.0.1:8080
timeout=180

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
}
bad() {
    echo "simulate_failure: $*" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
        --mode | --url | --timeout)
            [ $# -ge 2 ] || bad "$1 needs a value"
            declare "${1#--}=$2"
            shift 2
            ;;
        --help | -h)
            usage
            exit 0
            ;;
        *) bad "unknown argument '$1'; accepted are --mode, --url, --timeout and --help" ;;
    esac
done
case $mode in
    break | hang | crash | close) fault=$mode ;;
    errors) fault='errors?percent=50' ;;
    *) bad "--mode '$mode' is not known; accepted are break, hang, crash, close, errors" ;;
esac
[[ $timeout =~ ^[0-9]+$ ]] || bad "--timeout '$timeout' is not a whole number of seconds"
url=${url%/}

# The app's present answer in one line: the status and the body, or why there is no answer.
health() {
    local answer code=0
    answer=$(curl -s --max-time 2 -w ' %{http_code}' "$url/health") || code=$?
    case $code in
        # curl prints the body with its line end and then the status; here the status comes first.
        0) echo "${answer##* } $(head -n 1 <<<"$answer")" ;;
        7) echo "no answer: refused" ;;
        28) echo "no answer: timed out" ;;
        52 | 56) echo "no answer: the connection was cut" ;;
        *) echo "no answer (curl's exit code $code)" ;;
    esac
}

# The start time that the process reports; empty when it does not answer.
started() {
    curl -s --max-time 2 "$url/metrics" | sed -n 's/^app_start_time_seconds //p'
}

since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'; }

now=$(health)
echo "before:       $now"
case $now in
    200*) ;;
    *)
        echo "simulate_failure: the app at $url is not healthy, so there is nothing to break" >&2
        exit 1
        ;;
esac
first_start=$(started)

echo "breaking:     POST $url/$fault"
begin=$EPOCHREALTIME
curl -s --max-time 5 -o /dev/null -X POST "$url/$fault" || [ "$mode" = crash ] || {
    echo "simulate_failure: POST $url/$fault failed" >&2
    exit 1
}

# A crash may be healed between two looks at /health; a new start time of the process proves it.
last='' seen_unhealthy=no
while [ "${begin%.*}" -gt $((${EPOCHREALTIME%.*} - timeout)) ]; do
    # With errors only requests for / fail: send some, so that Prometheus can count them.
    if [ "$mode" = errors ]; then curl -s --max-time 2 -o /dev/null "$url/" || true; fi
    now=$(health)
    if [ "$now" != "$last" ]; then
        printf 'after %6s s: %s\n' "$(since "$begin")" "$now"
        last=$now
    fi
    case $now in
        200*)
            if [ "$seen_unhealthy" = yes ] || [ "$(started)" != "$first_start" ]; then
                echo "recovered after $(since "$begin") s"
                exit 0
            fi
            ;;
        *) seen_unhealthy=yes ;;
    esac
    sleep 0.2
done
echo "simulate_failure: not recovered after $timeout s: $last" >&2
exit 1
