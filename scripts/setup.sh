#!/usr/bin/env bash
# Installs the packages that the project needs and this machine does not have. Installed packages are not changed.
#
#   scripts/setup.sh               all packages in scripts/packages.txt, and the npm tools of the checks
#   scripts/setup.sh build stack   only these sections of the list
#
# Needs Debian 12 or newer, and root or sudo.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
list=$root/scripts/packages.txt

say() { echo "setup: $*" >&2; }
die() {
    say "$*"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        command -v sudo >/dev/null || die "installing packages needs root: run this as root, or install sudo"
        sudo -- "$@"
    fi
}

sections() { sed -n 's/^\[\(.*\)\]$/\1/p' "$list"; }

# packages SECTION...: prints the packages of these sections, one a line.
packages() {
    awk -v wanted=" $* " '/^\[/ { on = index(wanted, " " substr($0, 2, length($0) - 2) " "); next }
                          on && NF && !/^#/ { print $1 }' "$list"
}

# provided PACKAGE: whether its program is installed from another source (Docker's own repository, NodeSource). Debian's
# package would conflict with it.
provided() {
    case $1 in
        docker.io) command -v dockerd || [ -x /usr/sbin/dockerd ] ;;
        docker-compose) command -v docker-compose || docker compose version ;;
        nodejs) command -v node ;;
        npm) command -v npm ;;
        *) return 1 ;;
    esac >/dev/null 2>&1
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

install_packages() {
    local package service missing=()
    for package in $(packages "$@"); do
        installed "$package" || provided "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

    # Debian starts a service when it is installed. Only the programs of Prometheus and Alertmanager are needed; their
    # services would occupy the ports of the stack.
    [ -d /run/systemd/system ] || return 0
    for service in prometheus prometheus-alertmanager; do
        case " ${missing[*]} " in
            *" $service "*) as_root systemctl disable --now "$service" ;;
        esac
    done
}

install_npm_tools() {
    # npm writes this file last, so an interrupted installation is repeated.
    if [ "$root/node_modules/.package-lock.json" -nt "$root/package-lock.json" ]; then return 0; fi
    say "installing the npm tools of the checks"
    (cd "$root" && npm ci --no-audit --no-fund --loglevel=error)
    touch "$root/node_modules/.package-lock.json"
}

wanted=("$@")
if [ ${#wanted[@]} = 0 ]; then mapfile -t wanted < <(sections); fi
for section in "${wanted[@]}"; do
    sections | grep -qxF -- "$section" || die "no section '$section' in $list; its sections are: $(sections | paste -sd' ')"
done

if ! command -v apt-get >/dev/null || [ ! -r /etc/debian_version ]; then
    die "this machine is not Debian (no apt-get); install the packages of $list by hand, or build the images with 'docker build'"
fi
install_packages "${wanted[@]}"
case " ${wanted[*]} " in
    *" check "*) install_npm_tools ;;
esac
