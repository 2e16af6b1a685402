# Three images: auyl (every role), nats (the server of go.mod) and grafana (with
# its ClickHouse plugin). docker-compose.yml names them by target.

FROM golang:1.26.8-trixie AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/auyl ./cmd/auyl \
 && go build -trimpath -ldflags "-s -w" -o /out/nats-server github.com/nats-io/nats-server/v2 \
 && install -d -m 0750 /out/data

# Not scratch: auyl can load the ClickHouse engine as a shared library and is
# therefore linked to libc dynamically, although it is built without cgo.
FROM debian:trixie-20260918-slim AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/auyl /usr/local/bin/auyl
USER 65532:65532

FROM base AS nats
COPY --from=build /out/nats-server /usr/local/bin/nats-server
# A named volume takes its owner from the folder that it covers.
COPY --from=build --chown=65532:65532 /out/data /var/lib/nats
ENTRYPOINT ["nats-server"]

FROM grafana/grafana:13.2.2 AS grafana
USER root
# Outside /var/lib/grafana, whose volume would keep the plugin of the first start.
ENV GF_PATHS_PLUGINS=/usr/share/grafana-plugins
RUN mkdir -p "$GF_PATHS_PLUGINS" \
 && grafana cli --pluginsDir "$GF_PATHS_PLUGINS" plugins install grafana-clickhouse-datasource 4.20.0
USER 472:0

# Last, so that a build without a target gives auyl.
FROM base AS auyl
COPY --from=build --chown=65532:65532 /out/data /var/lib/auyl
ENV AUYL_DATA=/var/lib/auyl
ENTRYPOINT ["auyl"]
CMD ["--help"]
