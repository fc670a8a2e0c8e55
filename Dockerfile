# All images of the project; `docker compose up --build` builds those of the stack.
#
#   docker build --target healer -t healer .
#   docker build --target healer-autoheal -t healer-autoheal .    (replaces willfarrell/autoheal)
#   docker build --target healer-guard -t healer-guard .           (between healer and the engine's socket)
#   docker build --target sample-app -t sample-app .
#   docker build --target prometheus -t healer-prometheus .        (for hosts that reach no registry)
#   docker build --target alertmanager -t healer-alertmanager .    (the same)
#
# scripts/images.sh builds all images. On Debian 12 it compiles on the host, where a second build takes seconds, and
# passes ROOTS=prebuilt. If debian:bookworm-slim cannot be pulled, run scripts/base-image.sh first: it makes that image
# from Debian's packages.

# docs/security.md shows how to name the base by its digest.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
ARG ROOTS=source
WORKDIR /src
COPY scripts/setup.sh scripts/packages.txt scripts/
# The libraries of the base are copied into the images: the newest ones.
RUN if [ "$ROOTS" = source ]; then apt-get update -qq && apt-get upgrade -y -qq && scripts/setup.sh build; fi
COPY . .
RUN if [ "$ROOTS" = source ]; then scripts/image_roots.sh; fi \
 && chown -R 65532:65532 build/image/healer/var/lib/healer build/image/healer/run/healer \
      build/image/healer/run/secrets build/image/sample-app/var/lib/sample-app \
 && chmod 700 build/image/healer/var/lib/healer build/image/healer/run/healer && chmod 755 build/image/healer/run/secrets \
 && chown -R 65531:65531 build/image/healer-guard/var/lib/healer-guard build/image/healer-guard/run/healer-guard \
 && chmod 700 build/image/healer-guard/var/lib/healer-guard && chmod 755 build/image/healer-guard/run/healer-guard

FROM scratch AS healer
COPY --from=build /src/build/image/healer/ /
USER 65532:65532
VOLUME /var/lib/healer
EXPOSE 9180
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/bin/healer", "healthcheck"]
ENTRYPOINT ["/usr/bin/healer"]
CMD ["run"]

# The same healer for a docker-autoheal service in which only the image's name changes. Such a service needs root, which
# can use the socket without its group, and a shell with its tools, for POST_RESTART_SCRIPT and for the operator's own
# health checks. The times of the health check are those of docker-autoheal's image.
FROM scratch AS healer-autoheal
COPY --from=build --chown=0:0 /src/build/image/healer/ /
COPY --from=build /src/build/image/shell/ /
USER 0:0
VOLUME /var/lib/healer
EXPOSE 9180
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/bin/healer", "healthcheck"]
ENTRYPOINT ["/usr/bin/healer"]
CMD ["autoheal"]

# Starts as root with the capabilities SETUID and SETGID alone, to take the group of the engine's socket; then it is user
# 65531 for good, before it listens.
FROM scratch AS healer-guard
COPY --from=build /src/build/image/healer-guard/ /
USER 0:0
VOLUME /var/lib/healer-guard /run/healer-guard
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 CMD ["/usr/bin/healer-guard", "healthcheck"]
ENTRYPOINT ["/usr/bin/healer-guard"]

FROM scratch AS sample-app
COPY --from=build /src/build/image/sample-app/ /
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 CMD ["/usr/bin/sample-app", "healthcheck"]
ENTRYPOINT ["/usr/bin/sample-app"]

# Prometheus and Alertmanager from Debian's packages, with the paths of the official images.
FROM ${BASE} AS prometheus-package
WORKDIR /src
RUN apt-get update -qq && apt-get upgrade -y -qq \
 && apt-get install -y -qq --no-install-recommends jq prometheus prometheus-alertmanager >/dev/null
COPY scripts/image_roots.sh scripts/sbom.sh scripts/
RUN scripts/image_roots.sh prometheus && chown 65532:65532 build/image/prometheus/prometheus \
      build/image/alertmanager/alertmanager

FROM scratch AS prometheus
COPY --from=prometheus-package /src/build/image/prometheus/ /
USER 65532:65532
VOLUME /prometheus
EXPOSE 9090
ENTRYPOINT ["/usr/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]

FROM scratch AS alertmanager
COPY --from=prometheus-package /src/build/image/alertmanager/ /
USER 65532:65532
VOLUME /alertmanager
EXPOSE 9093
ENTRYPOINT ["/usr/bin/alertmanager"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager", "--cluster.listen-address="]
