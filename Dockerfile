# The first stage builds the assets and the program, the second holds the
# program alone, and "with-chromium" adds a browser that writes packs as PDF:
#
#   docker build --tag homeward .
#   docker build --tag homeward:pdf --target with-chromium .
#
# All are the same Debian, because SQLite is linked with its C library.
# The patch release is the one of the toolchain line of go.mod; a test compares.
FROM golang:1.26.11-trixie AS build
# Debian 13 has Node 20, which is what the assets need.
RUN apt-get update \
 && apt-get install -y --no-install-recommends nodejs npm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Modules and packages first, so that a change of the program alone does not
# fetch them again.
COPY go.mod go.sum ./
RUN go mod download
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY static static
RUN npm run --silent build
COPY cmd cmd
COPY data data
COPY internal internal
COPY templates templates
COPY CHANGELOG.md ./
RUN release=$(sed -n 's/^## \([0-9][0-9.]*\).*/\1/p' CHANGELOG.md | head -n 1) \
 && CGO_ENABLED=1 go build -trimpath -ldflags "-s -w -X main.version=${release}" -o /homeward ./cmd/homeward

# Images are pinned by the tags of their releases. Where the registry can be
# reached, pin the digest too (docker buildx imagetools inspect IMAGE).
FROM debian:13.2-slim AS program
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin homeward \
 && install -d -o homeward -g homeward -m 0750 /data
COPY --from=build /homeward /usr/local/bin/homeward
USER 10001:10001
# The whole folder is the unit to mount and to back up: SQLite keeps files
# beside its database.
VOLUME /data
WORKDIR /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["homeward", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["homeward"]
# Inside the container there is no TLS: publish the port on the loopback address,
# with docker run --publish 127.0.0.1:8080:8080, and put a proxy that ends TLS
# in front of it, or give the program a certificate.
CMD ["serve", "--data", "/data", "--listen", "0.0.0.0:8080", "--plain-http"]

# Packs have a PDF and a picture where there is a browser. It more than doubles
# the image and wants its security releases, so it is a choice. Its sandbox needs
# user namespaces: docs/operator.md says how to allow them.
FROM program AS with-chromium
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium \
 && rm -rf /var/lib/apt/lists/*
USER 10001:10001

# The last stage is what "docker build ." makes.
FROM program
