#!/usr/bin/env bash
# Tests the real sample-app over loopback: every path, every fault, every setting.
# usage: sample_app_test.sh PATH/TO/sample-app
set -euo pipefail

app=$1
work=$(mktemp -d)
pid=
trap 'if [ -n "$pid" ]; then kill -KILL "$pid" 2>/dev/null || true; fi; rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    [ ! -s "$work/log" ] || sed 's/^/  app: /' "$work/log" >&2
    exit 1
}

# eventually COMMAND...: waits until the command succeeds, for at most 20 s.
eventually() {
    local end=$((SECONDS + 20))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "still not so after 20 s: $*"
        sleep 0.05
    done
}

port_logged() { grep -q 'listening on' "$work/log"; }

# start [NAME=VALUE...]: runs the app on a free port. listen also waits until the app listens, and sets $url.
start() {
    : >"$work/log"
    env APP_ADDRESS=127.0.0.1 APP_PORT=0 "$@" "$app" >"$work/log" 2>&1 &
    pid=$!
}

listen() {
    start "$@"
    eventually port_logged
    port=$(sed -n 's/.*listening on .* port \([0-9]*\).*/\1/p' "$work/log")
    url=http://127.0.0.1:$port
}

# stop: ends the app with SIGTERM and expects exit code 0.
stop() {
    local code=0
    kill -TERM "$pid"
    wait "$pid" || code=$?
    pid=
    [ "$code" = 0 ] || fail "exit code $code after SIGTERM, wanted 0"
}

# expect WANTED-STATUS WANTED-TEXT CURL-ARGUMENTS...: the answer has that status, and its body contains the text.
expect() {
    local status=$1 text=$2 got
    shift 2
    got=$(curl -sS --max-time 10 -o "$work/body" -w '%{http_code}' "$@") || fail "no answer: $*"
    [ "$got" = "$status" ] || fail "status $got, wanted $status: $*"
    grep -qF -- "$text" "$work/body" || fail "body lacks $text: $* said $(cat "$work/body")"
}

# refused WANTED-CODE WANTED-TEXT NAME=VALUE...: the app exits with that code and a message that contains the text.
refused() {
    local wanted=$1 text=$2 code=0
    shift 2
    timeout 20 env APP_ADDRESS=127.0.0.1 APP_PORT=0 "$@" "$app" >"$work/log" 2>&1 || code=$?
    [ "$code" = "$wanted" ] || fail "exit code $code, wanted $wanted with $*"
    grep -qF -- "$text" "$work/log" || fail "the message lacks '$text' with $*"
}

health() { curl -s --max-time 5 -o /dev/null -w '%{http_code}' "$url/health" || true; }

echo "paths and methods"
listen
expect 200 '"service":"sample-app"' "$url/"
expect 200 '{"status":"ok"}' "$url/health"
expect 404 '"error"' "$url/nothing"
expect 405 '"error"' -X POST "$url/health"
expect 405 '"error"' "$url/break"
expect 200 'app_up 1' "$url/metrics"

echo "break and fix"
expect 200 broken -X POST "$url/break"
expect 503 '{"status":"degraded","reason":"manually broken"}' "$url/health"
expect 200 'app_healthy 0' "$url/metrics"
expect 200 fixed -X POST "$url/fix"
expect 200 '{"status":"ok"}' "$url/health"

echo "metrics"
expect 200 'app_requests_total{path="/health",status="503"} 1' "$url/metrics"
expect 200 'app_requests_total{path="other",status="404"} 1' "$url/metrics"
expect 200 'app_request_duration_seconds_bucket{path="/health",le="+Inf"} 4' "$url/metrics"
if command -v promtool >/dev/null; then
    promtool check metrics <"$work/body" || fail "promtool does not accept /metrics"
fi

echo "slow"
expect 400 '"error"' -X POST "$url/slow"
expect 400 '"error"' -X POST "$url/slow?ms=-1"
expect 400 '"error"' -X POST "$url/slow?ms=1x"
expect 200 '"ms":300' -X POST "$url/slow?ms=300"
took=$(curl -sS -o /dev/null -w '%{time_total}' "$url/health")
awk -v t="$took" 'BEGIN { exit !(t >= 0.3) }' || fail "slow: answered after $took s, wanted at least 0.3"
expect 200 fixed -X POST "$url/fix"

echo "errors"
expect 400 '"error"' -X POST "$url/errors"
expect 400 '"error"' -X POST "$url/errors?percent=101"
expect 200 '"percent":50' -X POST "$url/errors?percent=50"
expect 200 '"service"' "$url/"
expect 500 '"error"' "$url/"
expect 200 '"service"' "$url/"
expect 500 '"error"' "$url/"
expect 200 '{"status":"ok"}' "$url/health"
expect 200 'app_requests_total{path="/",status="500"} 2' "$url/metrics"
expect 200 'app_error_ratio 0.5' "$url/metrics"
expect 200 fixed -X POST "$url/fix"
expect 200 '"service"' "$url/"
expect 200 '"service"' "$url/"

echo "hang"
expect 200 hanging -X POST "$url/hang"
code=0
curl -s --max-time 1 "$url/health" >/dev/null || code=$?
[ "$code" = 28 ] || fail "hang: curl ended with $code, wanted 28 (timed out)"
curl -s --max-time 30 -o "$work/held" -w '%{http_code}' "$url/health" >"$work/held.status" &
held=$!
held_open() { [ "$(ss -Htn state established "( sport = :$port )" | wc -l)" -ge 1 ]; }
eventually held_open
expect 200 'app_hanging 1' "$url/metrics"
expect 200 fixed -X POST "$url/fix"
wait "$held" || fail "the request held by the hang was not answered after the fix"
[ "$(cat "$work/held.status")" = 200 ] || fail "the held request got $(cat "$work/held.status"), wanted 200"
expect 200 '{"status":"ok"}' "$url/health"
gone() { [ "$(ss -Htn state established state close-wait "( sport = :$port )" | wc -l)" = 0 ]; }
eventually gone

echo "the image's health check"
env APP_PORT="$port" "$app" healthcheck || fail "healthcheck of a healthy app"
expect 200 broken -X POST "$url/break"
code=0
env APP_PORT="$port" "$app" healthcheck 2>"$work/check" || code=$?
if [ "$code" != 1 ] || ! grep -q 503 "$work/check"; then fail "healthcheck of a broken app: code $code"; fi

echo "close: refused, and the process lives on"
expect 200 closed -X POST "$url/close"
refuses() { [ "$(curl -s -o /dev/null --max-time 5 "$url/health"; echo $?)" = 7 ]; }
eventually refuses
kill -0 "$pid" || fail "close ended the process"
stop

echo "drop: accepted and closed, and the process lives on"
listen
expect 200 dropping -X POST "$url/drop"
for request in first second; do
    code=0
    curl -s -o /dev/null --max-time 5 "$url/health" || code=$?
    # 52: closed without an answer; 56: reset, because the request was not read.
    [ "$code" = 52 ] || [ "$code" = 56 ] || fail "drop: curl ended with $code at the $request request"
done
kill -0 "$pid" || fail "drop ended the process"
stop

echo "crash"
for query_and_code in '?code=7 7' ' 1'; do
    listen
    expect 400 '"error"' -X POST "$url/crash?code=256"
    code=0
    curl -s -X POST "$url/crash${query_and_code% *}" >/dev/null || true
    wait "$pid" || code=$?
    pid=
    [ "$code" = "${query_and_code#* }" ] || fail "crash: exit code $code, wanted ${query_and_code#* }"
done

echo "start delay"
start APP_START_DELAY=600.5
# The app counts as waiting once it handles SIGTERM: before that it has not begun to wait.
hears_term() { (((0x$(awk '/^SigCgt/ { print $2 }' "/proc/$pid/status") >> 14) & 1)); }
asleep() { [ "$(ss -Htlnp | grep -c "pid=$pid,")" = 0 ] && hears_term; }
eventually asleep
stop
listen APP_START_DELAY=0.2
[ "$(health)" = 200 ] || fail "not healthy after its start delay"
stop

echo "broken starts"
for wanted in 503 503 200 200; do
    listen APP_BROKEN_STARTS=2 APP_STATE_FILE="$work/starts"
    [ "$(health)" = "$wanted" ] || fail "start $(cat "$work/starts") of a service broken for 2: not $wanted"
    stop
done
for always in always -1; do
    listen APP_BROKEN_STARTS="$always"
    [ "$(health)" = 503 ] || fail "not broken with APP_BROKEN_STARTS=$always"
    stop
done

echo "bad settings"
refused 2 APP_PORT= APP_PORT=80a
refused 2 APP_PORT= APP_PORT=65536
refused 2 APP_ADDRESS= APP_ADDRESS=nowhere
refused 2 APP_START_DELAY= APP_START_DELAY=soon
refused 2 APP_START_DELAY= APP_START_DELAY=-1
refused 2 APP_EXIT_AT_START= APP_EXIT_AT_START=256
refused 2 APP_BROKEN_STARTS= APP_BROKEN_STARTS=sometimes APP_STATE_FILE="$work/s"
refused 2 APP_STATE_FILE APP_BROKEN_STARTS=2
refused 2 'cannot be written' APP_BROKEN_STARTS=2 APP_STATE_FILE="$work/none/s"
echo rubbish >"$work/rubbish"
refused 2 'a number of starts' APP_BROKEN_STARTS=2 APP_STATE_FILE="$work/rubbish"
refused 5 'APP_EXIT_AT_START is set' APP_EXIT_AT_START=5
listen
refused 1 'cannot listen' APP_PORT="$port"
stop
code=0
"$app" nonsense 2>/dev/null || code=$?
[ "$code" = 2 ] || fail "an unknown command: exit code $code, wanted 2"

echo "sample-app: all good"
