# syntax=docker/dockerfile:1
ARG VERSION=1.22
FROM golang:${VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN --mount=type=cache,target=/root/.cache go build -o /out/app ./cmd/app

FROM build AS test
RUN go test ./...

FROM alpine AS certs
RUN apk add ca-certificates

FROM scratch
COPY --from=certs /etc/ssl/certs /etc/ssl/certs
COPY --from=build --chown=65532:65532 /out/app /app
USER 65532
EXPOSE 8080
ENTRYPOINT ["/app"]
