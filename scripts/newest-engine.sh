#!/usr/bin/env bash
# Builds the newest Docker Engine from its Go modules, and prints the folder of its `dockerd` and `docker-compose`.
#
#   scripts/newest-engine.sh        builds what is missing in $HEALER_NEWEST_ENGINE (default build/newest-engine);
#                                   the first time takes minutes, later nothing is built
#   PATH=$(scripts/newest-engine.sh):$PATH scripts/engine.sh start
#                                   starts that engine instead of Debian's
#
# Debian 12 has engine 20.10 (API 1.41); most users run engines 27 to 29. The tests run on both: scripts/test.sh newest.
# Needs go 1.21 or newer, which fetches the toolchain that the modules ask for, and the packages of scripts/packages.txt.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

moby=github.com/moby/moby/v2
moby_version=v2.0.0-beta.24
containerd=github.com/containerd/containerd/v2
containerd_version=v2.2.9
runc=github.com/opencontainers/runc
runc_version=v1.5.3
# The engine's own build sets its version; without one it says "dev", which clients cannot compare.
engine_version=29.0.0

say() { echo "newest-engine: $*" >&2; }
die() {
    say "$*"
    exit 1
}

# build NAME PACKAGE... -- FLAG...: builds the programs of one module in a Go module of their own, because the versions
# that the modules demand of one another differ. Each package is PATH@VERSION.
build() {
    local name=$1 packages=()
    shift
    while [ "$1" != -- ]; do
        packages+=("$1")
        shift
    done
    shift
    say "building $name: ${packages[*]##*/}"
    rm -rf "$work"
    mkdir -p "$work/bin"
    (
        # One chain: errexit is off in what stands before ||.
        cd "$work" &&
            go mod init "healer.test/$name" &&
            go get -tool "${packages[@]}" &&
            nice go build -trimpath -o bin/ "$@" "${packages[@]%@*}"
    ) >"$dir/$name.log" 2>&1 || {
        tail -n 20 "$dir/$name.log" | sed 's/^/  /' >&2
        die "$name was not built; the whole log is $dir/$name.log"
    }
    mv "$work/bin"/* "$dir/lib/"
    rm -rf "$work"
}

has() { [ "$(cat "$dir/$1.version" 2>/dev/null)" = "$2" ]; }
note() { echo "$2" >"$dir/$1.version"; }

# dockerd finds containerd, its shim and runc in PATH: those of Debian are too old for it.
write_launcher() {
    cat >"$dir/bin/dockerd.new" <<'LAUNCHER'
#!/bin/sh
lib=$(cd "$(dirname "$0")/../lib" && pwd)
PATH=$lib:$PATH
export PATH
exec "$lib/dockerd" --userland-proxy-path "$lib/docker-proxy" "$@"
LAUNCHER
    chmod 755 "$dir/bin/dockerd.new"
    mv "$dir/bin/dockerd.new" "$dir/bin/dockerd"
}

# docker-compose 1.29 of Debian 12 speaks API 1.35, which this engine refuses. Compose v2 of Debian 13 needs nothing but
# an older libc; the machine's own list of sources stays as it is.
fetch_compose() {
    local apt=$work/apt mirror
    mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources)
    rm -rf "$work"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$apt/sources.list"
    (
        options=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
            -o "Dir::Cache=$apt/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root)
        cd "$apt" &&
            apt-get "${options[@]}" -qq update &&
            apt-get "${options[@]}" -qq download docker-compose &&
            dpkg-deb -x docker-compose_*.deb unpacked &&
            cp unpacked/usr/libexec/docker/cli-plugins/docker-compose "$dir/bin/docker-compose"
    ) >"$dir/compose.log" 2>&1 || say "no Compose v2: tests that need it are skipped; the reason is in $dir/compose.log"
    rm -rf "$work"
}

dir=${HEALER_NEWEST_ENGINE:-$root/build/newest-engine}
mkdir -p "$dir/lib" "$dir/bin"
dir=$(cd "$dir" && pwd -P)
work=$dir/work
exec 9>"$dir/lock"
flock 9

wanted="$moby_version $containerd_version $runc_version $engine_version"
if ! has all "$wanted"; then
    command -v go >/dev/null || die "building the engine needs go 1.21 or newer: install it and put it into PATH"
    small=(-ldflags "-s -w")
    if ! has runc "$runc_version"; then
        # runc's sandbox is written in C; without seccomp dockerd refuses to start containers.
        CGO_ENABLED=1 build runc "$runc@$runc_version" -- -tags seccomp "${small[@]}"
        note runc "$runc_version"
    fi
    export CGO_ENABLED=0
    if ! has containerd "$containerd_version"; then
        build containerd "$containerd/cmd/containerd@$containerd_version" \
            "$containerd/cmd/containerd-shim-runc-v2@$containerd_version" -- "${small[@]}"
        note containerd "$containerd_version"
    fi
    if ! has engine "$moby_version $engine_version"; then
        build engine "$moby/cmd/dockerd@$moby_version" "$moby/cmd/docker-proxy@$moby_version" -- \
            -ldflags "-s -w -X $moby/dockerversion.Version=$engine_version"
        note engine "$moby_version $engine_version"
    fi
    write_launcher
    fetch_compose
    note all "$wanted"
fi
echo "$dir/bin"
