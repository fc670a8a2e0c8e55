#!/usr/bin/env bash
# The loop of willfarrell/docker-autoheal, written anew for bench/heal.sh: in every pass the containers that their
# HEALTHCHECK calls unhealthy are restarted, one after another; then it sleeps. As there, an error of the engine ends the
# process, and its restart policy starts it again.
#
#     AUTOHEAL_INTERVAL=5 bench/autoheal_loop.sh
set -euo pipefail

while :; do
    unhealthy=$(docker ps --filter health=unhealthy --filter label=autoheal=true --format '{{.ID}} {{.State}}')
    while read -r id state; do
        if [ -z "$id" ] || [ "$state" = restarting ]; then continue; fi
        echo "$id found to be unhealthy - restarting it now"
        docker restart -t 10 "$id" >/dev/null || echo "restarting $id failed"
    done <<<"$unhealthy"
    sleep "${AUTOHEAL_INTERVAL:-5}"
done
