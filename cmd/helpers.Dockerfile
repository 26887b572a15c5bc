# The image of the helpers gardener, hostwatch and usagewatch. From the root of the repository:
# docker build -f cmd/helpers.Dockerfile .
FROM golang:1.26-alpine AS build
# The Go toolchain reads the version from .git, with git.
RUN apk add --no-cache git
WORKDIR /src
COPY . .
# The helpers need no module but this one: nothing is downloaded.
RUN CGO_ENABLED=0 GOPROXY=off go build -trimpath -ldflags "-s -w" -o /out/ ./cmd/gardener ./cmd/hostwatch ./cmd/usagewatch

# There is no default command: each container names its program. The user is in /etc/passwd since ssh requires a name for it.
FROM alpine:3.23
RUN apk add --no-cache ca-certificates git openssh-client && \
    addgroup -g 65532 helpers && adduser -D -u 65532 -G helpers helpers
COPY --from=build /out/ /usr/local/bin/
USER 65532:65532
