#!/usr/bin/env bash
# Copies the contents of the images to build/image: one folder per image, which becomes the image's root.
#
#   scripts/image_roots.sh                  healer and sample-app, after building both, and a shell
#   scripts/image_roots.sh --healer PATH    the same with the healer at PATH, a release build
#   scripts/image_roots.sh prometheus       Prometheus and Alertmanager, from Debian's installed packages
#
# The Dockerfile calls this script in its build stages. scripts/images.sh calls it on a Debian 12 host: compiler and
# libraries are the same as in the image build, and the compiler's caches are warm.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/build/image
binaries=$root/build/image-build
# What a statically linked program contains of the toolchain.
static_parts=(libc6-dev libstdc++-12-dev libgcc-12-dev libboost1.81-dev)

# new_root NAME USER: makes an empty root with one unprivileged user, id 65532.
new_root() {
    rm -rf "${out:?}/$1"
    mkdir -p "$out/$1/etc" "$out/$1/usr/bin"
    echo "$2:x:65532:65532:$2:/nonexistent:/nonexistent" >"$out/$1/etc/passwd"
    echo "$2:x:65532:" >"$out/$1/etc/group"
}

# copy_libraries PROGRAM ROOT: copies the shared libraries of PROGRAM and the loader to the same paths under ROOT.
copy_libraries() {
    local library
    for library in $(ldd "$1" | grep -oE '/[^ ]+'); do
        mkdir -p "$2$(dirname "$library")"
        cp -L "$library" "$2$library"
        chmod 755 "$2$library"
    done
}

# parts_list FOLDER VERSION [PACKAGE...]: writes the parts list (SPDX) of the root FOLDER into it.
parts_list() {
    local folder=$1 release=$2
    shift 2
    "$root/scripts/sbom.sh" "$folder" "$release" "$out/$folder" "$@" >"$out/$folder.spdx.json"
    mkdir -p "$out/$folder/usr/share/sbom"
    mv "$out/$folder.spdx.json" "$out/$folder/usr/share/sbom/"
}

# of_package PACKAGE: its version.
of_package() { dpkg-query -W -f '${Version}' "$1"; }

# gather_programs [HEALER]: healer with its shared libraries; healer-guard and sample-app, which are linked statically.
gather_programs() {
    local healer=${1:-} targets=(sample-app healer-guard) version
    version=$(sed -n 's/^project(healer VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
    if [ -z "$healer" ]; then
        targets+=(healer)
        healer=$binaries/healer
    fi
    cmake -S "$root" --preset release -B "$binaries" -DHEALER_STATIC_SAMPLE_APP=ON -DHEALER_TESTS=OFF \
        -DHEALER_BENCH=OFF >/dev/null
    cmake --build "$binaries" --target "${targets[@]}"

    new_root healer healer
    strip -o "$out/healer/usr/bin/healer" "$healer"
    copy_libraries "$healer" "$out/healer"
    echo 'hosts: files dns' >"$out/healer/etc/nsswitch.conf"
    # Maintenance windows and quiet hours name these zones; posix/ and right/ hold the same zones in other forms.
    mkdir -p "$out/healer/usr/share/zoneinfo"
    (cd /usr/share/zoneinfo && tar --exclude=./posix --exclude=./right --exclude='./*.*' --exclude=./localtime \
        --exclude=./posixrules --exclude=./leapseconds -c .) | tar -C "$out/healer/usr/share/zoneinfo" -x
    # The certificates of the Debian package, not /etc/ssl/certs: a host may have added private ones there.
    mkdir -p "$out/healer/etc/ssl/certs" "$out/healer/var/lib/healer" "$out/healer/run/healer" \
        "$out/healer/run/secrets" "$out/healer/usr/lib/ssl"
    cat /usr/share/ca-certificates/mozilla/*.crt >"$out/healer/etc/ssl/certs/ca-certificates.crt"
    # libcurl reads that file; OpenSSL reads this one by default.
    ln -s /etc/ssl/certs/ca-certificates.crt "$out/healer/usr/lib/ssl/cert.pem"
    parts_list healer "$version" ca-certificates libboost1.81-dev libcli11-dev libexpected-dev

    new_root healer-guard guard
    sed -i 's/65532/65531/g' "$out/healer-guard/etc/passwd" "$out/healer-guard/etc/group"
    cp "$binaries/healer-guard" "$out/healer-guard/usr/bin/healer-guard"
    mkdir -p "$out/healer-guard/var/lib/healer-guard" "$out/healer-guard/run/healer-guard"
    parts_list healer-guard "$version" "${static_parts[@]}" libexpected-dev libfmt-dev libseccomp-dev

    new_root sample-app app
    cp "$binaries/sample-app" "$out/sample-app/usr/bin/sample-app"
    mkdir -p "$out/sample-app/var/lib/sample-app"
    parts_list sample-app "$version" "${static_parts[@]}"
}

# gather_shell: the user root, and busybox with a link for each of its tools; copied over healer's root in the image.
gather_shell() {
    local shell=$out/shell tool
    new_root shell root
    sed -i 's/.*/root:x:0:0:root:\/:\/bin\/sh/' "$shell/etc/passwd"
    sed -i 's/.*/root:x:0:/' "$shell/etc/group"
    mkdir -p "$shell/bin"
    mkdir -m 1777 "$shell/tmp"
    cp "$(command -v busybox)" "$shell/bin/busybox"
    for tool in $("$shell/bin/busybox" --list); do
        [ "$tool" = busybox ] || ln -s busybox "$shell/bin/$tool"
    done
    # Debian's busybox has no pgrep, and docker-autoheal's health check is `pgrep -f autoheal`.
    cat >"$shell/bin/pgrep" <<'PGREP'
#!/bin/sh
# pgrep [-f] PATTERN: prints the processes whose command line matches, except this one and its caller.
[ "$1" != -f ] || shift
code=1
for process in /proc/[0-9]*; do
    line=$(tr '\0' ' ' <"$process/cmdline") 2>/dev/null
    case $line in '' | *pgrep*) continue ;; esac
    if printf '%s\n' "$line" | grep -q -e "$1"; then
        echo "${process#/proc/}"
        code=0
    fi
done
exit "$code"
PGREP
    chmod 755 "$shell/bin/pgrep"
    parts_list shell "$(of_package busybox-static)" busybox-static
}

gather_prometheus() {
    new_root prometheus prometheus
    cp /usr/bin/prometheus "$out/prometheus/usr/bin/"
    copy_libraries /usr/bin/prometheus "$out/prometheus"
    # The pages of Prometheus' own UI. The package links their scripts from other packages, of which one contains
    # 170 MB of time zone data.
    mkdir -p "$out/prometheus/usr/share" "$out/prometheus/prometheus"
    cp -rL /usr/share/prometheus "$out/prometheus/usr/share/"
    rm -rf "$out"/prometheus/usr/share/prometheus/web/static/moment-timezone/data

    new_root alertmanager alertmanager
    cp /usr/bin/prometheus-alertmanager "$out/alertmanager/usr/bin/alertmanager"
    copy_libraries /usr/bin/prometheus-alertmanager "$out/alertmanager"
    # Alertmanager's message templates: it does not start without them.
    mkdir -p "$out/alertmanager/alertmanager" "$out/alertmanager/usr/share/prometheus"
    mv "$out/prometheus/usr/share/prometheus/alertmanager" "$out/alertmanager/usr/share/prometheus/"
    parts_list prometheus "$(of_package prometheus)" prometheus
    parts_list alertmanager "$(of_package prometheus-alertmanager)" prometheus-alertmanager
}

case ${1:-} in
    '')
        gather_programs
        gather_shell
        ;;
    --healer)
        gather_programs "$(realpath -- "${2:?--healer needs a path}")"
        gather_shell
        ;;
    prometheus) gather_prometheus ;;
    *)
        sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
