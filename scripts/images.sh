#!/usr/bin/env bash
# Builds the project's images on the engine of DOCKER_HOST: healer, healer-autoheal (replaces docker-autoheal),
# healer-guard, sample-app and, with `airgap`, Prometheus and Alertmanager from Debian's packages, for hosts without a registry.
#
#   scripts/images.sh [airgap] [--source]
#
# On Debian 12 the programs are compiled on this host, and the healer in HEALER_BINARY (default build/release/healer) is
# used if it exists. On other hosts, or with --source, they are compiled inside the image build. The tags are set by
# HEALER_IMAGE, HEALER_AUTOHEAL_IMAGE, HEALER_GUARD_IMAGE, SAMPLE_APP_IMAGE, HEALER_PROMETHEUS_IMAGE and HEALER_ALERTMANAGER_IMAGE.
# HEALER_IMAGE_LABEL=NAME=VALUE adds a label to all images. HEALER_BASE names another base than debian:bookworm-slim, such
# as the same by its digest.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
targets=(healer healer-autoheal healer-guard sample-app)
roots=prebuilt
# The base image is bookworm: a program linked on another release would not run in it.
grep -q '^VERSION_CODENAME=bookworm$' /etc/os-release 2>/dev/null || roots=source
for argument; do
    case $argument in
        airgap) targets+=(prometheus alertmanager) ;;
        --source) roots=source ;;
        *)
            echo "images: unknown argument '$argument'; accepted are 'airgap' and '--source'" >&2
            exit 2
            ;;
    esac
done

"$root/scripts/base-image.sh"
mkdir -p "$root/build/image"
log=$root/build/image/build.log
if [ "$roots" = prebuilt ]; then
    healer=${HEALER_BINARY:-$root/build/release/healer}
    if [ -x "$healer" ]; then
        "$root/scripts/image_roots.sh" --healer "$healer"
    else
        "$root/scripts/image_roots.sh"
    fi
fi

declare -A tags=(
    [healer]=${HEALER_IMAGE:-healer:latest}
    [healer-autoheal]=${HEALER_AUTOHEAL_IMAGE:-healer-autoheal:latest}
    [healer-guard]=${HEALER_GUARD_IMAGE:-healer-guard:latest}
    [sample-app]=${SAMPLE_APP_IMAGE:-sample-app:latest}
    [prometheus]=${HEALER_PROMETHEUS_IMAGE:-healer-prometheus:latest}
    [alertmanager]=${HEALER_ALERTMANAGER_IMAGE:-healer-alertmanager:latest}
)
for target in "${targets[@]}"; do
    echo "images: building ${tags[$target]}" >&2
    docker build ${HEALER_IMAGE_LABEL:+--label "$HEALER_IMAGE_LABEL"} --build-arg "ROOTS=$roots" \
        ${HEALER_BASE:+--build-arg "BASE=$HEALER_BASE"} --target "$target" \
        -t "${tags[$target]}" "$root" >"$log" 2>&1 || {
        tail -n 40 "$log" >&2
        echo "images: building ${tags[$target]} failed; the whole log is $log" >&2
        exit 1
    }
    docker image inspect --format '{{index .RepoTags 0}}: {{.Size}} bytes' "${tags[$target]}"
done
