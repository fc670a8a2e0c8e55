#!/usr/bin/env bash
# Makes sure the engine has debian:bookworm-slim, the base of the project's images.
#
#   scripts/base-image.sh
#
# If the engine has the image, nothing is done. Otherwise the image is pulled. If no registry answers, it is made
# from Debian's packages with debootstrap (about 30 s, needs root), and kept in build/base for the next time.
# With HEALER_NO_PULL=1 no registry is tried.
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

# The Debian mirror of this machine's apt sources.
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
    [ "$(id -u)" = 0 ] || die "the engine has no $image, no registry answers, and making the image needs root: use sudo"
    PATH=$PATH:/usr/sbin:/sbin
    command -v debootstrap >/dev/null || die "debootstrap is not installed: run scripts/setup.sh"
    mkdir -p "$cache"
    rootfs=$(mktemp -d "$cache/rootfs.XXXXXX")
    # shellcheck disable=SC2064  # the present value is wanted: the variable is local
    trap "rm -rf --one-file-system '$rootfs' '$tarball.new'" EXIT

    local from
    from=$(mirror)
    [ -n "$from" ] || die "no Debian mirror in apt's sources to make the image from"
    say "making $image from Debian's packages (about half a minute)"
    debootstrap --variant=minbase "$suite" "$rootfs" "$from" >"$cache/debootstrap.log" 2>&1 || {
        tail -n 20 "$cache/debootstrap.log" >&2
        die "debootstrap failed; the whole log is $cache/debootstrap.log"
    }
    rm -rf "$rootfs"/var/cache/apt/archives/*.deb "$rootfs"/var/lib/apt/lists/* "$rootfs"/var/log/*.log \
        "$rootfs"/usr/share/{doc,man,locale}/*
    # This machine runs the same Debian release: use its sources, so that the image has -updates and -security too.
    if grep -q "VERSION_CODENAME=$suite" /etc/os-release && [ -f /etc/apt/sources.list.d/debian.sources ]; then
        rm -f "$rootfs/etc/apt/sources.list"
        cp /etc/apt/sources.list.d/debian.sources "$rootfs/etc/apt/sources.list.d/"
    fi
    # The apt of a build reaches the mirror with the same settings as this machine's apt. Lines with '@' may hold a
    # password and are left out.
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
