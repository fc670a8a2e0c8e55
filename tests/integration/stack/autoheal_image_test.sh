#!/usr/bin/env bash
# A docker-autoheal setup in which only the image's name is changed, on the engine of DOCKER_HOST: the
# `docker run` line of its README, then its compose service.
# usage: autoheal_image_test.sh PATH/TO/healer
#
# Everything made here has the label healer.test and a unique name, and is always removed. The README's line
# watches every container of the engine, so with other containers the test is skipped.
set -euo pipefail

healer_binary=$(realpath -- "$1")
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../../scripts/common.sh"

skip() {
    echo "$*" >&2
    [ "${HEALER_TEST_REQUIRE_ENGINE:-}" != 1 ] || exit 1
    echo "skipped"
    exit 77
}
docker version >/dev/null 2>&1 ||
    skip "no engine answers at ${DOCKER_HOST:-the default socket}: scripts/engine.sh starts one"
others=$(docker ps --format '{{.Names}}')
[ -z "$others" ] || skip "the healer under test would watch these containers, which are not its own: $others"

name=healer-test-$$
label=healer.test=$name
healers=healer.test.healer=$name
work=$(mktemp -d)
export HEALER_BINARY=$healer_binary HEALER_IMAGE_LABEL=$label
export HEALER_IMAGE=$name/healer:test HEALER_AUTOHEAL_IMAGE=$name/healer-autoheal:test SAMPLE_APP_IMAGE=$name/sample-app:test
export HEALER_GUARD_IMAGE=$name/healer-guard:test
export_socket
service=(--project-name "$name" -f "$root/deploy/compose/from-autoheal.yml" -f "$work/here.yml")

passed=no
finish() {
    if [ "$passed" = no ]; then
        echo "--- the log of healer" >&2
        docker ps -aq --filter "label=$healers" | xargs -r -n 1 docker logs --tail 60 >&2 || true
    fi
    {
        docker ps -aq --filter "label=$label" | xargs -r docker rm -f -v
        docker ps -aq --filter "label=$healers" | xargs -r docker rm -f -v
        compose "${service[@]}" down --volumes
        docker rmi -f "$HEALER_IMAGE" "$HEALER_AUTOHEAL_IMAGE" "$HEALER_GUARD_IMAGE" "$SAMPLE_APP_IMAGE"
    } >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
step() { echo "== $*"; }

step "images"
"$root/scripts/images.sh" >"$work/images.log" 2>&1 || {
    cat "$work/images.log" >&2
    fail "the images do not build"
}

health_of() { docker inspect --format '{{.State.Health.Status}}' "$1"; }
is() { [ "$(health_of "$2")" = "$1" ]; }
run_of() { docker inspect --format '{{.State.StartedAt}}' "$1"; }
another_run() { [ "$(run_of "$1")" != "$2" ]; }
logged() { docker logs "$1" 2>&1 | grep -F -- "$2" >/dev/null; }

port=$(free_port 28080)
app=$name-app
docker run -d --name "$app" --label "$label" --label autoheal=true -p "127.0.0.1:$port:8080" --health-interval 1s \
    --health-retries 1 "$SAMPLE_APP_IMAGE" >/dev/null
break_app() { curl -sf --max-time 5 -X POST -o /dev/null "http://127.0.0.1:$port/break"; }
wait_until 60 "the app is healthy" is healthy "$app"

mkdir "$work/said"
cat >"$work/after.sh" <<'SCRIPT'
#!/bin/sh
# A typical operator's script: a shell, its tools, a file in another folder.
printf '%s\n' "$@" | sed 's/$/;/' | tr -d '\n' >/said/part
mv /said/part "/said/$(cat /said/next)"
SCRIPT
chmod 755 "$work/after.sh"
echo first >"$work/said/next"
app_id=$(docker inspect --format '{{.Id}}' "$app" | cut -c 1-12)

step "docker run, as its README has it"
healer=$name-autoheal
docker run -d \
    --name "$healer" --label "$healers" \
    --restart=always \
    -e AUTOHEAL_CONTAINER_LABEL=all \
    -v "$DOCKER_SOCK:/var/run/docker.sock" \
    -e POST_RESTART_SCRIPT=/after.sh -v "$work/after.sh:/after.sh:ro" -v "$work/said:/said" \
    "$HEALER_AUTOHEAL_IMAGE" >/dev/null
wait_until 60 "healer's own health check passes" is healthy "$healer"
logged "$healer" AUTOHEAL_CONTAINER_LABEL=all || fail "the greeting is not theirs"
# Health checks that operators wrote in place of the image's.
docker exec "$healer" sh -c 'pgrep -f autoheal && ls /var/run/docker.sock' >/dev/null || fail "no shell with tools"
! docker exec "$healer" sh -c 'pgrep -f nothing-of-that-name' >/dev/null || fail "pgrep finds what is not there"
wait_until 60 "healer watches the app" logged "$healer" "$app — watched by "
before=$(run_of "$app")
break_app
wait_until 120 "the app is restarted" another_run "$app" "$before"
wait_until 60 "the app is healthy again" is healthy "$app"
wait_until 60 "the script has run" test -e "$work/said/first"
[ "$(cat "$work/said/first")" = "/$app;$app_id;running;10;" ] ||
    fail "the script was given: $(cat "$work/said/first")"
wait_until 60 "healer finds it recovered" logged "$healer" "$app — RECOVERED after 1 attempt"
docker rm -f -v "$healer" >/dev/null

step "a variable of theirs that means nothing here is named"
docker run --rm --label "$label" -e AUTOHEAL_NONSENSE=1 "$HEALER_AUTOHEAL_IMAGE" check-config >"$work/check" 2>&1 ||
    fail "check-config does not pass: $(cat "$work/check")"
grep -q 'AUTOHEAL_NONSENSE: not known here' "$work/check" || fail "check-config does not name AUTOHEAL_NONSENSE"

step "its compose service: nothing happens within the start period"
# here_with PERIOD: the settings for this engine and for the test.
here_with() {
    cat >"$work/here.yml" <<HERE
services:
  autoheal:
    labels: {healer.test.healer: "$name"}
    environment: {AUTOHEAL_CONTAINER_LABEL: autoheal, AUTOHEAL_START_PERIOD: "$1", POST_RESTART_SCRIPT: /after.sh}
    volumes:
      - $DOCKER_SOCK:/var/run/docker.sock
      - $work/after.sh:/after.sh:ro
      - $work/said:/said
HERE
    compose "${service[@]}" up -d >"$work/up.log" 2>&1 || fail "the service does not come up: $(cat "$work/up.log")"
    healer=$(docker ps -q --filter "label=$healers")
}
echo second >"$work/said/next"
before=$(run_of "$app")
break_app
wait_until 60 "the engine finds the app unhealthy" is unhealthy "$app"
here_with 3600
wait_until 60 "healer waits" logged "$healer" "Monitoring containers for unhealthy status in 3600 second(s)"
wait_until 60 "healer's own health check passes while it waits" is healthy "$healer"
[ "$(run_of "$app")" = "$before" ] || fail "the app was restarted within the start period"

step "and is healed after it"
here_with 2
wait_until 60 "healer waits" logged "$healer" "Monitoring containers for unhealthy status in 2 second(s)"
wait_until 120 "the app is restarted" another_run "$app" "$before"
wait_until 60 "the script has run" test -e "$work/said/second"
wait_until 60 "healer finds it recovered" logged "$healer" "$app — RECOVERED after 1 attempt"

passed=yes
echo "passed"
