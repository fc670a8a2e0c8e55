#!/usr/bin/env bash
# Makes sure the engine has debian:bookworm-slim, the base of the project's images.
#
#   scripts/base-image.sh
#
# Present: nothing is done. Else it is pulled; where no registry answers, it is made from Debian's
# packages with debootstrap (about 30 s, root needed), and kept in build/base for the next time.
# HEALER_NO_PULL=1 does not try a registry.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
image=debian:bookworm-slim
suite=bookworm
cache=$root/build/base
tarball=$cache/$suite-slim-$(dpkg --print-architecture).tar

say() { echo "base image: $*" >&2; }
die() {
    say "$*"
    exit 1
}

# The mirror this machine installs from, as its apt sources say.
mirror() {
    local uris
    uris=$({
        cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -n 's/^URIs: *//p'
        cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
            sed -n -E 's/^deb +(\[[^]]*\] +)?([^ ]+) +.*/\2/p'
    } || true)
    awk '!/security/ { print $1; exit }' <<<"$uris"
}

make_tarball() {
    local rootfs
    [ "$(id -u)" = 0 ] || die "$image is not here, no registry answers, and making it needs root: use sudo"
    PATH=$PATH:/usr/sbin:/sbin
    command -v debootstrap >/dev/null || die "debootstrap is not installed: run scripts/setup.sh"
    mkdir -p "$cache"
    rootfs=$(mktemp -d "$cache/rootfs.XXXXXX")
    # shellcheck disable=SC2064  # the path of now is meant
    trap "rm -rf --one-file-system '$rootfs' '$tarball.new'" EXIT

    local from
    from=$(mirror)
    [ -n "$from" ] || die "no Debian mirror in apt's sources to make it from"
    say "making it from Debian's packages (about half a minute)"
    debootstrap --variant=minbase "$suite" "$rootfs" "$from" >"$cache/debootstrap.log" 2>&1 || {
        tail -n 20 "$cache/debootstrap.log" >&2
        die "debootstrap failed; the whole log is $cache/debootstrap.log"
    }
    rm -rf "$rootfs"/var/cache/apt/archives/*.deb "$rootfs"/var/lib/apt/lists/* "$rootfs"/var/log/*.log \
        "$rootfs"/usr/share/{doc,man,locale}/*
    # Same Debian: the same sources, so that -updates and -security are there too.
    if grep -q "VERSION_CODENAME=$suite" /etc/os-release && [ -f /etc/apt/sources.list.d/debian.sources ]; then
        rm -f "$rootfs/etc/apt/sources.list"
        cp /etc/apt/sources.list.d/debian.sources "$rootfs/etc/apt/sources.list.d/"
    fi
    # What this machine's apt needs to reach its mirror, a build's apt needs too; a password it does not.
    apt-config dump | grep -E '^Acquire::(Check-|https?::Proxy)' | grep -v @ >"$rootfs/etc/apt/apt.conf.d/99host" || true
    chmod 755 "$rootfs"
    tar -C "$rootfs" --numeric-owner -cf "$tarball.new" .
    mv "$tarball.new" "$tarball"
}

have() { docker image inspect "$image" >/dev/null 2>&1; }

docker version >/dev/null 2>&1 || die "no engine answers: run scripts/engine.sh start"
if have; then exit 0; fi
if [ -z "${HEALER_NO_PULL:-}" ] && [ ! -f "$tarball" ]; then
    say "pulling $image"
    if timeout 120 docker pull -q "$image" >/dev/null 2>&1; then exit 0; fi
    say "no registry answered"
fi
[ -f "$tarball" ] || make_tarball
docker import --change 'CMD ["bash"]' "$tarball" "$image" >/dev/null
say "imported $image from $tarball"
