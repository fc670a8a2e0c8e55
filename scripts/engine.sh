#!/usr/bin/env bash
# A Docker Engine for the demonstration and the tests.
#
#   scripts/engine.sh start    use the engine that answers, else start one of our own; prints its settings
#                              as shell commands:   settings=$(scripts/engine.sh start)
#                                                   eval "$settings"
#   scripts/engine.sh env      print the same lines for the engine that answers now; exit 1 when none does
#   scripts/engine.sh stop     stop only the engine that `start` started, and remove its leftovers
#   scripts/engine.sh purge    stop, then remove all its data (images, containers, volumes)
#   scripts/engine.sh status   print the state in one line
#
# The settings are DOCKER_HOST, HEALER_ENGINE_OWN=yes|no (started by this script, or not) and
# HEALER_ENGINE_STARTED=yes|no (started by this call; a caller that gets "yes" must stop the engine).
# Our engine is in $HEALER_ENGINE_DIR (default build/engine): data root, exec root, socket, pid, log.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${HEALER_ENGINE_DIR:-$root/build/engine}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd -P)
run=$dir/run
# The path of a unix socket has at most 107 characters, and containerd's sockets are deep in the exec root.
if [ "${#run}" -gt 70 ]; then
    run=/run/healer-engine-$(printf %s "$dir" | cksum | cut -d' ' -f1)
fi
socket=$run/docker.sock
pid_file=$run/docker.pid
log=$dir/dockerd.log
default_host=unix:///var/run/docker.sock

say() { echo "engine: $*" >&2; }
die() {
    say "$*"
    exit 1
}

# answers HOST: whether an engine answers at HOST.
answers() { DOCKER_HOST=$1 timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# The host that the docker client would use: DOCKER_HOST, else that of its context, else the default.
wanted_host() {
    if [ -n "${DOCKER_HOST:-}" ]; then
        echo "$DOCKER_HOST"
    else
        docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || echo "$default_host"
    fi
}

# is_ours PID: whether the process is alive and its command line names our folders. A pid alone proves nothing: the
# kernel reuses pids.
is_ours() {
    [ -n "$1" ] && [ -r "/proc/$1/cmdline" ] &&
        tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -e "$run/" -e "$dir/data"
}

our_pid() {
    local pid
    pid=$(cat "$pid_file" 2>/dev/null || true)
    if is_ours "$pid"; then echo "$pid"; fi
}

# wait_for SECONDS COMMAND...: waits until the command succeeds; fails after SECONDS.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

gone() { ! is_ours "$1"; }
print_settings() { # HOST OWN STARTED
    printf 'export DOCKER_HOST=%q HEALER_ENGINE_OWN=%q HEALER_ENGINE_STARTED=%q\n' "$1" "$2" "$3"
}

# Removes what a dockerd killed with SIGKILL leaves behind: its containerd, the shims with their containers, mounts in
# our folders. Kills only processes whose command line names our folders.
clear_leftovers() {
    local pid shim
    pid=$(cat "$run/containerd/containerd.pid" 2>/dev/null || true)
    if is_ours "$pid"; then
        # containerd gets a signal when its dockerd dies; give it time to end.
        wait_for 5 gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
        wait_for 10 gone "$pid" || die "containerd (pid $pid) of an earlier engine does not end"
    fi
    for shim in $(pgrep -f -- "containerd-shim.*-address $run/containerd/containerd.sock" || true); do
        is_ours "$shim" || continue
        pkill -KILL -P "$shim" || true
        kill -KILL "$shim" 2>/dev/null || true
    done
    # A zombie keeps its pid until it is reaped, and dockerd would take it for a running containerd.
    rm -f "$run/containerd/containerd.pid" "$pid_file" "$socket"
    unmount_all
}

unmount_all() {
    local where
    # Deepest mount first. findmnt escapes unusual characters; %b restores them.
    findmnt --raw --noheadings --output TARGET | sort -r | while IFS= read -r where; do
        where=$(printf %b "$where")
        case $where in
            "$dir"/* | "$run"/*) umount -l "$where" 2>/dev/null || true ;;
        esac
    done
}

# Prints the pid of a dockerd in our network namespace that is not ours. We start no engine beside it: a second engine
# would rewrite the first one's firewall rules and share its bridge.
foreign_engine() {
    local pid mine
    mine=$(readlink /proc/self/ns/net)
    for pid in $(pgrep -x dockerd || true); do
        if ! is_ours "$pid" && [ "$(readlink "/proc/$pid/ns/net" 2>/dev/null)" = "$mine" ]; then
            echo "$pid"
            return
        fi
    done
}

# When dockerd ends, its firewall rules and its bridge stay, and with them connection tracking for all traffic of this
# machine. After our engine they are removed, if they did not exist before it and no other engine uses them now.
note_firewall() {
    if command -v iptables >/dev/null && ! iptables -n -L DOCKER-USER >/dev/null 2>&1; then
        iptables -S FORWARD | sed -n 's/^-P FORWARD //p' >"$dir/forward-policy"
    fi
}

restore_firewall() {
    local table rule chain
    if [ ! -f "$dir/forward-policy" ] || [ -n "$(foreign_engine)" ]; then return 0; fi
    for table in nat filter; do
        iptables -t "$table" -S | sed -n -E '/DOCKER|docker0|-[io] br-[0-9a-f]{12}/s/^-A /-D /p' |
            while read -r -a rule; do iptables -t "$table" "${rule[@]}" || true; done
        for chain in $(iptables -t "$table" -S | sed -n 's/^-N \(DOCKER[A-Z0-9-]*\)$/\1/p'); do
            iptables -t "$table" -F "$chain" || true
            iptables -t "$table" -X "$chain" || true
        done
    done
    iptables -P FORWARD "$(cat "$dir/forward-policy")"
    ip link delete docker0 2>/dev/null || true
    rm -f "$dir/forward-policy"
}

launch() {
    local pid foreign
    command -v dockerd >/dev/null || PATH=$PATH:/usr/sbin:/sbin
    command -v dockerd >/dev/null || die "no engine answers and dockerd is not installed: run scripts/setup.sh"
    [ "$(id -u)" = 0 ] || die "no engine answers at $(wanted_host), and starting one needs root: use sudo, or set DOCKER_HOST"
    foreign=$(foreign_engine)
    [ -z "$foreign" ] || die "another engine runs here (dockerd, pid $foreign) and does not answer at $(wanted_host): set DOCKER_HOST to its socket"

    clear_leftovers
    mkdir -p "$dir/data" "$run"
    note_firewall
    say "starting dockerd in $dir"
    # A new session: Ctrl-C in the caller's terminal must not end dockerd. dockerd inherits no descriptor of ours.
    setsid dockerd --data-root "$dir/data" --exec-root "$run" --pidfile "$pid_file" --host "unix://$socket" \
        >"$log" 2>&1 </dev/null 9>&- &
    pid=$!
    ready_or_dead() { answers "unix://$socket" || ! kill -0 "$pid" 2>/dev/null; }
    wait_for 60 ready_or_dead || true
    if ! answers "unix://$socket"; then
        tail -n 20 "$log" | sed 's/^/  /' >&2
        kill -TERM "$pid" 2>/dev/null || true
        die "dockerd did not come up; the whole log is $log"
    fi
}

start() {
    local host
    host=$(wanted_host)
    if answers "$host"; then
        local own=no
        if [ "$host" = "unix://$socket" ]; then own=yes; fi
        print_settings "$host" "$own" no
        return
    fi
    if [ -n "${DOCKER_HOST:-}" ]; then say "no engine answers at DOCKER_HOST=$DOCKER_HOST"; fi
    # One start at a time per folder; a second caller finds the engine of the first.
    exec 9>"$dir/lock"
    flock 9
    if [ -n "$(our_pid)" ] && wait_for 30 answers "unix://$socket"; then
        print_settings "unix://$socket" yes no
    else
        launch
        print_settings "unix://$socket" yes yes
    fi
}

env_lines() {
    local host
    for host in "$(wanted_host)" "unix://$socket"; do
        if answers "$host"; then
            print_settings "$host" "$([ "$host" = "unix://$socket" ] && echo yes || echo no)" no
            return
        fi
    done
    die "no engine answers at $(wanted_host), and none was started in $dir"
}

stop() {
    local pid
    [ -d "$run" ] || return 0
    [ "$(id -u)" = 0 ] || die "stopping the engine in $dir needs root"
    exec 9>"$dir/lock"
    flock 9
    pid=$(our_pid)
    if [ -n "$pid" ]; then
        say "stopping dockerd (pid $pid)"
        kill -TERM "$pid"
        # dockerd waits ten seconds for containers that ignore SIGTERM.
        if ! wait_for 40 gone "$pid"; then
            kill -KILL "$pid" 2>/dev/null || true
            wait_for 10 gone "$pid" || die "dockerd (pid $pid) does not end"
        fi
    fi
    clear_leftovers
    restore_firewall
}

purge() {
    stop
    rm -rf --one-file-system "$dir/data" "$run" "$log"
    rm -f "$dir/lock"
    rmdir "$dir" 2>/dev/null || true
}

status() {
    local host
    if [ -n "$(our_pid)" ]; then
        echo "our engine runs: pid $(our_pid), DOCKER_HOST=unix://$socket"
        return
    fi
    host=$(wanted_host)
    if answers "$host"; then
        echo "an engine that this script did not start answers at $host"
    else
        echo "no engine answers at $host, and ours ($dir) does not run"
        return 1
    fi
}

case ${1:-} in
    start) start ;;
    env) env_lines ;;
    stop) stop ;;
    purge) purge ;;
    status) status ;;
    *)
        sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
